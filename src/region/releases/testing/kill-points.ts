/**
 * Kills what takes part in an upgrade at seeded points of all that it does: the driver, the supervisor, the supervisor while it writes down what stays, and all of them with
 * the power. Each time one release runs then, whole, the one that the disk says, and an upgrade works.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Entry } from '#gap/import/testing/journal.ts';
import { seeded } from '#gap/import/testing/kill-points.ts';
import { cutPower } from '#gap/import/testing/power-cut.ts';
import { checkInstalled } from '#gap/release/install.ts';
import { isEnd, readCurrent, readJournal } from '#gap/release/journal.ts';
import { wakefulClock } from '../../clock.ts';
import type { Layout } from '../../layout.ts';
import type { SupervisorPlan } from '../../supervisor/definition.ts';
import { launchSupervisor, supervisorStatus } from '../../supervisor/launch.ts';
import { readState } from '../../supervisor/leftovers.ts';
import { identify } from '../../supervisor/process-table.ts';
import { until, untilReady } from '../../supervisor/testing/scripts.ts';
import type { Order } from '../drive.ts';
import { settleUpgrades } from '../launch.ts';
import { openUpgradeWorld, planOf, WELL } from './world.ts';

const JOURNAL = join(import.meta.dirname, '../../../gap/import/testing/journal.ts');
const CHILD = join(import.meta.dirname, 'points-child.ts');
const COMMIT_POINTS = join(import.meta.dirname, 'commit-points.ts');
/** More than are kept, so that most are installed anew. */
const RELEASES = 8;
/** Before and after: open, write, sync, rename, open, sync. */
const COMMIT_POINTS_MAX = 12;
/** Who dies. `power`: all of them, and what was not synced is lost. */
const FATES = [
  'driver',
  'driver',
  'driver',
  'power',
  'power',
  'power',
  'supervisor',
  'commit',
  'power at commit',
] as const;
type Fate = (typeof FATES)[number];

export interface Killed {
  readonly kills: number;
  readonly byFate: Readonly<Record<string, number>>;
  readonly ends: Readonly<Record<string, number>>;
}

/** Of `kills` times that somebody died, how often who, and how the upgrade ended. */
export async function killAtReleasePoints(t: TestContext, kills: number, seed: number): Promise<Killed> {
  const next = seeded(seed);
  const { layout, publish } = await openUpgradeWorld(t);
  const orders: Order[] = [];
  for (let index = 0; index < RELEASES; index++) orders.push(await publish(`1.${index}.0`));
  const killFile = join(layout.data, 'kill');
  const journal = join(layout.data, 'points');
  const byFate: Record<string, number> = {};
  const ends: Record<string, number> = {};

  async function run(order: Order, killAt: number, victim: number | undefined) {
    rmSync(journal, { force: true });
    const child = spawn(process.execPath, ['--import', JOURNAL, CHILD, layout.data, JSON.stringify(order)], {
      stdio: 'ignore',
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        JOURNAL: journal,
        KILL_AT: `${killAt}`,
        ...(victim === undefined ? {} : { VICTIM: `${victim}` }),
      },
    });
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return { signal, entries: entriesOf(journal) };
  }

  // As it is started by everybody, but that it can be told to die.
  process.env.NODE_OPTIONS = `--import ${COMMIT_POINTS}`;
  process.env.KILL_FILE = killFile;
  process.env.NODE_COMPILE_CACHE ??= join(layout.data, 'compiled');
  t.after(() => {
    delete process.env.NODE_OPTIONS;
    delete process.env.KILL_FILE;
  });
  await endAll(layout);
  await boot(layout);
  const [first] = orders;
  assert.ok(first);
  const whole = await run(first, 0, undefined);
  const [end] = whole.entries.flatMap((entry) => (entry.did === 'end' ? [entry.points] : []));
  assert.ok(end !== undefined && end > 100, `${end} points`);

  for (let done = 0; done < kills; ) {
    const running = (await readCurrent(layout.releases))?.version;
    const others = orders.filter(({ version }) => version !== running);
    const order = others[next(others.length)];
    const fate: Fate = FATES[next(FATES.length)] ?? 'driver';
    assert.ok(order);
    const supervisor = (await supervisorStatus(layout))?.pid;
    assert.ok(supervisor);
    const atCommit = fate.endsWith('commit');
    if (atCommit)
      writeFileSync(killFile, JSON.stringify({ at: 1 + next(COMMIT_POINTS_MAX), journal: `${journal}.s` }));
    const killAt = atCommit ? 0 : 1 + next(end);
    const { signal, entries } = await run(order, killAt, fate === 'supervisor' ? supervisor : undefined);
    rmSync(killFile, { force: true });
    const isDead = identify(supervisor) === undefined;
    if (signal === 'SIGKILL' || isDead) {
      done += 1;
      byFate[fate] = (byFate[fate] ?? 0) + 1;
    }
    if (fate.startsWith('power')) {
      await endAll(layout);
      cutPower([...entries, ...entriesOf(`${journal}.s`)], next);
    }
    rmSync(`${journal}.s`, { force: true });
    const said = `seed ${seed}, kill ${done}: ${fate} at ${killAt} of ${order.version}, ${running} ran`;
    const why = await holdsTogether(layout).catch((error: unknown) => error);
    if (typeof why !== 'string') throw new Error(said, { cause: why });
    ends[why] = (ends[why] ?? 0) + 1;
  }
  return { kills, byFate, ends };
}

/** As somebody finds it who comes afterwards. How the last upgrade ended. */
async function holdsTogether(layout: Layout): Promise<string> {
  if ((await supervisorStatus(layout)) === undefined) await boot(layout);
  await settleUpgrades(layout, wakefulClock);
  const status = await untilReady(layout);
  const current = await readCurrent(layout.releases);
  assert.deepEqual([status.digest, status.onTrial], [current?.version ?? 'checkout', false]);
  if (current !== undefined)
    for (const { folder } of [current, ...current.before])
      if (folder.startsWith(layout.releases)) await checkInstalled(folder);
  const last = (await readJournal(layout.releases)).at(-1);
  if (last === undefined) return 'nothing';
  assert.ok(isEnd(last.step), last.step);
  return last.step;
}

/** What `up` does: whatever the disk says that runs here, by its own word. */
async function boot(layout: Layout): Promise<void> {
  const current = await readCurrent(layout.releases);
  const isCheckout = current === undefined || !current.folder.startsWith(layout.releases);
  const plan = isCheckout
    ? planOf(layout, 'checkout', WELL)
    : (JSON.parse(execFileSync(join(current.folder, 'casemate'), { encoding: 'utf8' })) as SupervisorPlan);
  await launchSupervisor(layout, plan, wakefulClock);
  await untilReady(layout);
}

/** Everything ends at once, as without power. */
async function endAll(layout: Layout): Promise<void> {
  const state = await readState(layout.run.state);
  const pids = [state?.supervisor, ...(state?.processes.map(({ identity }) => identity) ?? [])];
  for (const identity of pids) {
    if (identity === undefined || identify(identity.pid)?.startTicks !== identity.startTicks) continue;
    process.kill(identity.pid, 'SIGKILL');
    await until('it is gone', () => identify(identity.pid)?.startTicks !== identity.startTicks);
  }
}

function entriesOf(path: string): Entry[] {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // It was killed before it did anything.
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry);
}
