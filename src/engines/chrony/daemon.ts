/**
 * The region's own chronyd: where it is found, and how to start it, as data for whoever supervises it. It holds no privilege but, where the operator says so, that of
 * setting the clock, and takes no orders: what can be asked of it, by anybody on this machine, changes nothing.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { directives, questionsPort, type TimeSettings } from './settings.ts';

export interface ChronyPrograms {
  readonly daemon: string;
  /** chronyc */
  readonly client: string;
}

/** Below a folder that Debian's package was unpacked into; that of the machine itself first. */
const ROOTS: readonly string[] = ['/'];

/** Undefined where it is in none of them. `unpacked`: a folder of packages that were unpacked rather than installed. */
export function findChrony(unpacked: string): ChronyPrograms | undefined {
  return [...ROOTS, unpacked]
    .map((root) => ({ daemon: join(root, 'usr/sbin/chronyd'), client: join(root, 'usr/bin/chronyc') }))
    .find(({ daemon, client }) => existsSync(daemon) && existsSync(client));
}

export interface ChronydDescription {
  readonly command: string;
  readonly args: readonly string[];
  readonly ready: { readonly type: 'command'; readonly command: string; readonly args: readonly string[] };
}

/** Starts it as `account`, which must own the settings' folder. Throws RangeError when a setting is none. */
export function describeChronyd(
  { daemon, client }: ChronyPrograms,
  settings: TimeSettings,
  account: { readonly name: string; readonly uid: number; readonly gid: number },
): ChronydDescription {
  const { port, setsClock } = settings;
  const capabilities = setsClock ? '-all,+sys_time' : '-all';
  return {
    command: 'setpriv',
    args: [
      `--reuid=${account.uid}`,
      `--regid=${account.gid}`,
      '--clear-groups',
      `--inh-caps=${capabilities}`,
      ...(setsClock ? ['--ambient-caps=-all,+sys_time'] : []),
      `--bounding-set=${capabilities}`,
      '--no-new-privs',
      '--',
      daemon,
      // In the foreground, not as root, with no system call that it does not need, IPv4 and IPv6.
      '-d',
      '-U',
      '-F',
      '1',
      '-u',
      account.name,
      ...(setsClock ? [] : ['-x']),
      ...directives(settings),
    ],
    ready: { type: 'command', command: client, args: questionArguments(port, 'tracking') },
  };
}

export const questionArguments = (port: number, question: 'tracking' | 'sources'): readonly string[] => [
  '-h',
  '127.0.0.1',
  '-p',
  `${questionsPort(port)}`,
  '-n',
  '-c',
  question,
];
