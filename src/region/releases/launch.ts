/** Starts an upgrade in the background and follows it; says which release runs, and settles what a killed one left. The way in for commands. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Entry, isEnd, Journal, readCurrent, readJournal } from '#gap/release/journal.ts';
import { settle } from '#gap/release/upgrade.ts';
import { type Clock, sleep } from '#kernel/clock.ts';
import type { Layout } from '../layout.ts';
import { PROGRAM_FOLDER } from '../program.ts';
import { revertTrial, supervisorStatus } from '../supervisor/launch.ts';
import type { Order } from './drive.ts';

const LOOK_MS = 100;
// Whoever only looks whether it is held (`isUnderWay`) holds it for a moment; whoever drives an upgrade, for longer.
const LOCK_WAIT_S = 2;
/** Whoever else holds the lock and has begun the same has said so by then. */
const FIRST_STEP_LIMIT_MS = 5_000;
// flock's exit code when somebody else holds the lock.
const LOCKED = 75;

const lockPath = ({ releases }: Pick<Layout, 'releases'>): string => join(releases, 'lock');
const logPath = ({ logs }: Pick<Layout, 'logs'>): string => join(logs, 'releases.log');

function ensureFolder({ releases }: Pick<Layout, 'releases'>): void {
  // The region, as another account, reads the journal, and its processes run from here.
  mkdirSync(releases, { recursive: true, mode: 0o755 });
}

/** The number of the newest attempt. */
export async function lastAttempt({ releases }: Pick<Layout, 'releases'>): Promise<number> {
  return (await readJournal(releases)).at(-1)?.attempt ?? 0;
}

/**
 * Gives each step as it is taken; ends with the upgrade, or throws when it ended without a word. Whoever reads may stop: it goes on. Where somebody else has begun the very
 * same since the attempt `before`, their steps are given.
 */
export async function* startUpgrade(
  layout: Layout,
  order: Order,
  clock: Clock,
  before?: number,
): AsyncGenerator<Entry> {
  ensureFolder(layout);
  const since = before ?? (await lastAttempt(layout));
  const stepsSince = async () =>
    (await readJournal(layout.releases)).filter(({ attempt }) => attempt > since);
  // Begun already: who sees to it holds the lock, or is through.
  let code: number | null | undefined = (await stepsSince()).length > 0 ? LOCKED : undefined;
  const ended =
    code === undefined
      ? startDriver(layout, order).then((value) => {
          code = value;
        })
      : Promise.resolve();
  let given = 0;
  let deadline_ms = Number.POSITIVE_INFINITY;
  for (;;) {
    if (code === LOCKED) deadline_ms = Math.min(deadline_ms, clock.now() + FIRST_STEP_LIMIT_MS);
    const isOver = code !== undefined && (code !== LOCKED || !isUnderWay(layout));
    const own = await stepsSince();
    const why = own[0]?.why;
    const isAnother = why !== undefined && (why.object !== order.object || why.kind !== order.kind);
    const isSilent = code === LOCKED && own.length === 0 && (isOver || clock.now() >= deadline_ms);
    if (isAnother || isSilent) throw new Error('another upgrade is under way: casemate release status');
    for (const entry of own.slice(given)) yield entry;
    given = own.length;
    const last = own.at(-1);
    if (last !== undefined && isEnd(last.step)) return;
    if (isOver) throw new Error(`it ended without saying how: see ${logPath(layout)}`);
    await (code === undefined ? Promise.race([ended, sleep(clock, LOOK_MS)]) : sleep(clock, LOOK_MS));
  }
}

/** One process in the background, which holds the lock as long as it lives. Resolves with its exit code. */
function startDriver(layout: Layout, order: Order): Promise<number | null> {
  const output = openSync(logPath(layout), 'a', 0o640);
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const program = [process.execPath, main, layout.data, JSON.stringify(order)];
  const once = [
    '--timeout',
    `${LOCK_WAIT_S}`,
    '--conflict-exit-code',
    `${LOCKED}`,
    '--no-fork',
    lockPath(layout),
  ];
  const child = spawn('flock', [...once, ...program], {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: '/',
  });
  closeSync(output);
  child.unref();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

/** Whether an upgrade is being driven now. */
export function isUnderWay(layout: Pick<Layout, 'releases'>): boolean {
  if (!existsSync(lockPath(layout))) return false;
  return spawnSync('flock', ['--nonblock', lockPath(layout), 'true'], { stdio: 'ignore' }).status !== 0;
}

/** Says how an upgrade ended whose driver was killed. Nothing where one is driven. */
export async function settleUpgrades(
  layout: Layout,
  clock: Clock,
): Promise<'Confirmed' | 'Interrupted' | undefined> {
  if (!existsSync(layout.releases) || isUnderWay(layout)) return undefined;
  return settle(
    {
      isOnTrial: async () => (await supervisorStatus(layout))?.onTrial === true,
      confirmedAttempt: async () => (await readCurrent(layout.releases))?.attempt,
      revert: () => revertTrial(layout),
    },
    new Journal(layout.releases, clock),
  );
}

/** The launcher of the release that runs this region, where that is another program than this one. Throws where it is gone. */
export async function otherProgram({ releases }: Pick<Layout, 'releases'>): Promise<string | undefined> {
  const current = await readCurrent(releases);
  if (current === undefined || current.folder === PROGRAM_FOLDER) return undefined;
  const launcher = join(current.folder, 'casemate');
  if (!existsSync(launcher))
    throw new Error(
      `Casemate ${current.version} runs this region, and is not in ${current.folder} any more: put it back, or remove ${join(releases, 'current.json')} to run Casemate from ${PROGRAM_FOLDER}`,
    );
  return launcher;
}
