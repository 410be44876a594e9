/** The steps of an upgrade on this machine: the real `Machine`. Runs as whoever owns the region, in the release that runs, never in the new one. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ContentStore } from '#gap/import/content-store.ts';
import { gapFolders } from '#gap/import/folders.ts';
import type { PackageFacts } from '#gap/release/facts.ts';
import { checkInstalled, installRelease } from '#gap/release/install.ts';
import { type Current, currentPath, type ReleaseId, readCurrent } from '#gap/release/journal.ts';
import { missingPackages } from '#gap/release/plan.ts';
import { requireSigned } from '#gap/release/signatures.ts';
import type { Machine } from '#gap/release/upgrade.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { Layout } from '../layout.ts';
import type { ProcessDefinition, SupervisorPlan } from '../supervisor/definition.ts';
import {
  beginTrial,
  confirmTrial,
  revertTrial,
  supervisorStatus,
  waitUntilReady,
} from '../supervisor/launch.ts';
import { checkOrder } from '../supervisor/supervisor.ts';
import {
  BACK_LIMIT_MS,
  CHECK_LIMIT_MS,
  MIGRATE_LIMIT_MS,
  PLAN_BYTES_MAX,
  PLAN_LIMIT_MS,
  TRIAL_LIMIT_MS,
} from './bounds.ts';

const run = promisify(execFile);
const REGION = 'region';
const OUTPUT_KEPT = 2_000;
/** Besides the one that runs. */
const BEFORE_MAX = 3;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** How a release is found to do well; `missing` and `prepare` look at what there is before the switch. */
export interface Judge {
  /** Which of those Debian packages this machine lacks, and what runs does not need. */
  missing(packages: readonly PackageFacts[]): Promise<readonly string[]>;
  prepare(): Promise<void>;
  /** Resolves when it serves. */
  serving(digest: string): Promise<void>;
  /** Resolves when it did well long enough, with how. */
  hold(digest: string): Promise<string>;
  /** More time than usual, for people who have to unseal. */
  readonly extra_ms: number;
}

export interface MachineOptions {
  readonly layout: Layout;
  readonly clock: Clock;
  readonly from: ReleaseId;
  readonly to: ReleaseId;
  readonly kind: 'apply' | 'rollback';
  /** What its signatures are held against; undefined: nothing, in tests. */
  readonly signed: { readonly root: string | undefined } | undefined;
  readonly judge: Judge;
}

export function machineOf({ layout, clock, from, to, kind, signed, judge }: MachineOptions): Machine {
  const content = new ContentStore(gapFolders(layout.gap).content);
  let plan: SupervisorPlan | undefined;
  let packages: readonly PackageFacts[] = [];
  let switched_ms = 0;
  const planned = async (): Promise<SupervisorPlan> => {
    plan ??= await planOf(layout, to.folder);
    return plan;
  };
  return {
    async install() {
      if (kind === 'rollback') {
        if (to.digest.startsWith('sha256:')) await checkInstalled(to.folder);
        return `${to.version} is still in ${to.folder}, as it was`;
      }
      const signers =
        signed === undefined
          ? ['nobody']
          : await requireSigned({
              content,
              release: to,
              releases: layout.releases,
              root: signed.root,
              clock,
            });
      const { config } = await installRelease(content, to, layout.releases);
      packages = config.release.packages ?? [];
      return `${config.files.length} files in ${to.folder}, each with the digest that ${signers.join(', ')} signed for`;
    },
    async check() {
      const missing = await judge.missing(packages);
      if (missing.length > 0) throw new Error(missingPackages(missing));
      const region = regionOf(await planned());
      await runAs(region, '--check', CHECK_LIMIT_MS);
      await judge.prepare();
      return 'it loads here, and its plan can run';
    },
    async migrate() {
      const said = await runAs(regionOf(await planned()), '--migrate', MIGRATE_LIMIT_MS);
      const applied = said.trim().split('\n').at(-1) ?? '';
      return applied === '' || applied === '[]'
        ? 'the database is as it needs it'
        : `the database came forward: ${applied}`;
    },
    async begin(attempt) {
      switched_ms = clock.now();
      const commit = {
        path: currentPath(layout.releases),
        text: await currentText(layout, { from, to, kind, attempt }, clock),
      };
      await beginTrial(layout, { plan: await planned(), limit_ms: TRIAL_LIMIT_MS + judge.extra_ms, commit });
    },
    async prove(onTrial) {
      const { digest } = await planned();
      await judge.serving(digest);
      await onTrial(`it serves, ${seconds(clock.now() - switched_ms)} after the switch began`);
      return judge.hold(digest);
    },
    confirm: () => confirmTrial(layout),
    async revert() {
      await revertTrial(layout);
      await waitUntilReady(layout, clock, { limit_ms: BACK_LIMIT_MS, onChange: () => {} });
    },
    isOnTrial: async () => (await supervisorStatus(layout))?.onTrial === true,
    confirmedAttempt: async () => (await readCurrent(layout.releases))?.attempt,
  };
}

const seconds = (duration_ms: number): string => `${(duration_ms / 1_000).toFixed(1)} s`;

/** What the release in a folder would run here, by its own word. */
async function planOf(layout: Layout, folder: string): Promise<SupervisorPlan> {
  const launcher = join(folder, 'casemate');
  if (!existsSync(launcher)) throw new Error(`${launcher} is not there`);
  const cache = imageCacheOf(JSON.parse(readFileSync(layout.run.plan, 'utf8')) as SupervisorPlan);
  const args = [
    'release',
    'self',
    'plan',
    '--data',
    layout.data,
    ...(cache === undefined ? [] : ['--image-cache', cache]),
  ];
  const env = { PATH, LANG: 'C.UTF-8', HOME: '/nonexistent' };
  const { stdout } = await run(launcher, args, {
    env,
    cwd: '/',
    timeout: PLAN_LIMIT_MS,
    maxBuffer: PLAN_BYTES_MAX,
  }).catch((error: unknown) => {
    throw new Error(`it does not say what it would run: ${saidIn(error)}`);
  });
  const plan = JSON.parse(stdout) as SupervisorPlan;
  checkOrder(plan.processes);
  regionOf(plan);
  return plan;
}

/** Where base images are kept for all regions: as what runs now was told. */
function imageCacheOf(plan: SupervisorPlan): string | undefined {
  const { args } = regionOf(plan);
  const at = args.indexOf('--image-cache');
  return at < 0 ? undefined : args[at + 1];
}

function regionOf(plan: SupervisorPlan): ProcessDefinition {
  const region = plan.processes.find(({ name }) => name === REGION);
  if (region === undefined) throw new Error('its plan has no region process');
  return region;
}

/** Runs the region process as the account it has, for one purpose; gives what it printed. */
async function runAs(
  { command, args, env, cwd, uid, gid }: ProcessDefinition,
  flag: string,
  limit_ms: number,
): Promise<string> {
  const as = { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
  const { stdout } = await run(command, [...args, flag], { env, cwd, ...as, timeout: limit_ms }).catch(
    (error: unknown) => {
      throw new Error(`${flag} of its region process: ${saidIn(error)}`);
    },
  );
  return stdout;
}

function saidIn(error: unknown): string {
  const {
    message,
    stderr = '',
    stdout = '',
  } = error as { message: string; stderr?: string; stdout?: string };
  const said = `${stdout}${stderr}`.trim().slice(-OUTPUT_KEPT);
  return said === '' ? message : said;
}

/** What `current.json` will say once it is confirmed. */
async function currentText(
  { releases }: Layout,
  { from, to, kind, attempt }: Pick<MachineOptions, 'from' | 'to' | 'kind'> & { readonly attempt: number },
  clock: Clock,
): Promise<string> {
  const now = await readCurrent(releases);
  const older = now?.before ?? [];
  const before =
    kind === 'apply'
      ? [from, ...older].slice(0, BEFORE_MAX)
      : older.slice(older.findIndex(({ digest }) => digest === to.digest) + 1);
  const { version, digest, folder } = to;
  const next: Current = { version, digest, folder, attempt, since: rfc3339(clock.now()), before };
  return `${JSON.stringify(next, null, 2)}\n`;
}
