/**
 * `node clear-stray.ts CLUSTER`: run by whoever supervises the PostgreSQL of this cluster, before each of its starts and never while one
 * it started runs. PostgreSQL refuses to start while any process of its user has the number in `postmaster.pid`: one that nobody
 * owns any more, one that has ended but was not reaped, or a stranger after a power cut. Whoever holds the supervisor's lock knows better.
 */
import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, sleep, systemClock } from '#kernel/clock.ts';

const POLL_MS = 25;
/** For a clean end; then it is killed, and its log replayed at the next start. */
const GRACE_MS = 20_000;

/** The process named in `postmaster.pid`, if there is such a file. */
function recordedPid(cluster: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether the process still runs and works in the cluster's folder, as a postmaster does (and nothing that merely has its number). */
function isPostmaster(pid: number, cluster: string): boolean {
  try {
    // A process that has ended and was not reaped has no working directory.
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster);
  } catch {
    return false;
  }
}

/** Ends a postmaster that nobody owns and removes the file that would keep the next one from starting. Says what it did. */
export async function clearStray(
  cluster: string,
  clock: Clock,
  grace_ms = GRACE_MS,
): Promise<string | undefined> {
  const pid = recordedPid(cluster);
  if (pid === undefined) return undefined;
  const wasRunning = isPostmaster(pid, cluster);
  if (wasRunning) process.kill(pid, 'SIGINT');
  const deadline_ms = clock.now() + grace_ms;
  while (isPostmaster(pid, cluster)) {
    if (clock.now() >= deadline_ms) process.kill(pid, 'SIGKILL');
    await sleep(clock, POLL_MS);
  }
  rmSync(join(cluster, 'postmaster.pid'), { force: true });
  return wasRunning
    ? `ended a PostgreSQL (process ${pid}) that its supervisor had left`
    : `removed the lock file of a PostgreSQL (process ${pid}) that had ended without tidying up`;
}

if (import.meta.main) {
  const [, , cluster] = process.argv;
  if (cluster === undefined) throw new TypeError('usage: clear-stray.ts CLUSTER');
  // The clock's own timers keep no process alive.
  const alive = setInterval(() => {}, 2 ** 30);
  const done = await clearStray(cluster, systemClock);
  clearInterval(alive);
  if (done !== undefined) process.stdout.write(`${done}\n`);
}
