/**
 * Tries to leave, from this very process, and says what it met. The region process is itself one that the seal holds, so its own attempts are the
 * honest ones. Whether an attempt left is judged by the kernel's count of what it dropped, never by silence alone: see `judge.ts`.
 */
import { type ExecFileException, execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { Clock } from '#kernel/clock.ts';
import type { Target } from './targets.ts';

const SILENCE_MS = 700;
const PING_MS_MAX = 3_000;
const AT_ONCE = 8;

/** `Connected`, `Sent`, `Silence`, an error's code, or `Unable` when it could not be tried here. */
export type Met = string;

/** `from`: the IPv4 address to send from; of several that this network namespace has. */
export async function tryToLeave(
  targets: readonly Target[],
  clock: Clock,
  pingProgram: string,
  from?: string,
): Promise<readonly Met[]> {
  const met: Met[] = [];
  for (let at = 0; at < targets.length; at += AT_ONCE)
    met.push(
      ...(await Promise.all(
        targets.slice(at, at + AT_ONCE).map((target) => attempt(target, clock, pingProgram, from)),
      )),
    );
  return met;
}

function attempt(
  { protocol, address, port = 0 }: Target,
  clock: Clock,
  pingProgram: string,
  from: string | undefined,
): Promise<Met> {
  const own = isIPv6(address) ? undefined : from;
  if (protocol === 'tcp') return dial(address, port, clock, own);
  if (protocol === 'udp') return send(address, port, own);
  return ping(pingProgram, address, own);
}

function dial(host: string, port: number, clock: Clock, from: string | undefined): Promise<Met> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
    const end = (met: Met) => {
      cancel();
      socket.destroy();
      resolve(met);
    };
    const cancel = clock.after(SILENCE_MS, () => end('Silence'));
    socket.once('connect', () => end('Connected'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'Error'));
  });
}

function send(address: string, port: number, from: string | undefined): Promise<Met> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const end = (met: Met) => {
      socket.close();
      resolve(met);
    };
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'Error'));
    if (from !== undefined) socket.bind({ address: from, port: 0 });
    socket.send('casemate seal probe', port, address, (error) =>
      end(error ? ((error as NodeJS.ErrnoException).code ?? 'Error') : 'Sent'),
    );
  });
}

/** By ping(8), which a process without privileges needs for it; where there is none, nothing is tried. */
function ping(program: string, address: string, from: string | undefined): Promise<Met> {
  const source = from === undefined ? [] : ['-I', from];
  const { promise, resolve } = Promise.withResolvers<Met>();
  const read = (error: ExecFileException | null, stdout: string, stderr: string) => {
    if (error === null) resolve('Answered');
    else if (/Operation not permitted.*socket|socket.*not permitted|missing cap_net_raw/i.test(stderr))
      resolve('Unable');
    else if (typeof error.code === 'string') resolve('Unable');
    else if (/unreachable/i.test(`${stdout}${stderr}`)) resolve('ENETUNREACH');
    else if (/cannot assign requested address/i.test(stderr)) resolve('EADDRNOTAVAIL');
    else resolve('Silence');
  };
  try {
    execFile(program, ['-n', '-c', '1', '-W', '1', ...source, address], { timeout: PING_MS_MAX }, read);
  } catch {
    // Debian's has a capability that this process may never gain: then the kernel does not even start it.
    resolve('Unable');
  }
  return promise;
}
