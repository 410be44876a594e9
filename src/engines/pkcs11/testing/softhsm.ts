/** A SoftHSM2 token of its own in a folder of its own, and an agent in this process that serves it. Tests and measurements only. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Clock, systemClock } from '#kernel/clock.ts';
import { type Agent, startAgent } from '../agent.ts';
import { type HsmClient, hsmClient } from '../client.ts';

const run = promisify(execFile);

/** Where Debian has it. */
const MODULES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'];
export const PIN = '424242';
export const TOKEN = 'casemate-test';

export interface SoftHsm {
  readonly module: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly client: HsmClient;
  /** As if somebody pulled the cable, and put it back. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  close(): Promise<void>;
}

export interface SoftHsmOptions {
  readonly name?: string;
  readonly clock?: Clock;
  readonly operationLimit_ms?: number;
  /** The agent gets no PIN: somebody must give it. */
  readonly withoutPin?: boolean;
  readonly keptPin?: () => Promise<string | undefined>;
}

/** Its path. Throws when softhsm2 is not installed. */
export function softHsmModule(): string {
  const module = MODULES.find((path) => existsSync(path));
  if (module === undefined) throw new Error('softhsm2 is not installed');
  return module;
}

/** Throws when softhsm2 is not installed. */
export async function startSoftHsm(options: SoftHsmOptions = {}): Promise<SoftHsm> {
  const module = softHsmModule();
  const folder = await mkdtemp(join(tmpdir(), 'softhsm-'));
  const tokens = join(folder, 'tokens');
  await mkdir(tokens);
  const settings = join(folder, 'softhsm2.conf');
  await writeFile(
    settings,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  const environment = { SOFTHSM2_CONF: settings };
  // A test's PIN, of a token that lives as long as the test.
  const what = ['--init-token', '--free', '--label', TOKEN, '--so-pin', PIN, '--pin', PIN];
  await run('softhsm2-util', what, { env: { ...process.env, ...environment } });
  const socket = join(folder, 'agent.sock');
  const { clock = systemClock, name = 'softhsm', operationLimit_ms, withoutPin } = options;
  const agent = await startAgent({
    socket,
    module,
    token: TOKEN,
    pin: withoutPin === true ? undefined : PIN,
    environment,
    clock,
    ...(operationLimit_ms === undefined ? {} : { operationLimit_ms }),
  });
  const { keptPin } = options;
  const client = hsmClient(name, socket, systemClock, keptPin === undefined ? {} : { keptPin });
  return {
    module,
    folder,
    environment,
    agent,
    client,
    async unplug() {
      await rename(tokens, `${tokens}.unplugged`);
      // A token that is gone takes its sessions along; SoftHSM itself would serve what it has in memory.
      const pid = agent.host()?.pid;
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    },
    async plug() {
      await rename(`${tokens}.unplugged`, tokens);
    },
    async close() {
      client.close();
      await agent.close();
      await rm(folder, { recursive: true });
    },
  };
}
