/**
 * For tests only: a private incusd of the test's own in a temporary folder, with a pool.
 * `close` leaves nothing of it on the host. One test file shares one.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#kernel/clock.ts';
import type { Incus } from './client.ts';
import { DEFAULT_POOL, describeIncusd, prepareIncus, untilReady } from './daemon.ts';
import { removeRemains } from './remains.ts';

export interface TestIncus {
  readonly incus: Incus;
  readonly folder: string;
  readonly socketPath: string;
  readonly pool: string;
  /** What incusd said so far. */
  log(): string;
  /** Kills the daemon (instances go on) and starts it again; `meanwhile` is done in between. */
  restart(meanwhile?: () => void): Promise<void>;
  close(): Promise<void>;
}

/** Real time that, unlike `systemClock`, keeps the test alive while it waits. */
export const testClock: Clock = {
  now: () => Date.now(),
  after(delay_ms, task) {
    const timer = setTimeout(task, delay_ms);
    return () => clearTimeout(timer);
  },
};

const START_LIMIT_MS = 60_000;
const POOL_BYTES = 16 * 1024 ** 3;

export async function startTestIncus(): Promise<TestIncus> {
  const base = mkdtempSync(join(tmpdir(), 'casemate-incus-'));
  chmodSync(base, 0o711); // instances' own users must get through to their disks
  const folder = join(base, 'incus');
  mkdirSync(folder, { mode: 0o711 });
  const description = describeIncusd(folder);
  const logFile = join(base, 'incusd.log');
  const start = () => {
    const output = openSync(logFile, 'a');
    const child = spawn(description.command, description.args, {
      env: description.env,
      cwd: description.cwd,
      stdio: ['ignore', output, output],
      detached: true, // a signal to the test's group must not reach it: close() ends it
    });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    return { child, exited };
  };
  let running = start();
  const kill = async () => {
    running.child.kill('SIGKILL');
    await running.exited;
  };
  try {
    const incus = await untilReady(folder, testClock, START_LIMIT_MS);
    await prepareIncus(incus, { pool: DEFAULT_POOL, folder, poolSize_bytes: POOL_BYTES });
    return {
      incus,
      folder,
      socketPath: description.ready.socket,
      pool: DEFAULT_POOL,
      log: () => readFileSync(logFile, 'utf8'),
      async restart(meanwhile) {
        await kill();
        meanwhile?.();
        running = start();
        (await untilReady(folder, testClock, START_LIMIT_MS)).close();
      },
      async close() {
        incus.close();
        await kill();
        await removeRemains(folder, testClock);
        await removeRemains(base, testClock);
      },
    };
  } catch (error) {
    await kill();
    await removeRemains(base, testClock);
    throw error;
  }
}
