/**
 * Whether a release on trial does well, judged from outside of it, by the release before: every process ready and none of them started again, the API serving the version it
 * should, the ledger going on where it was, and its controllers at work, which is seen by the step `OnTrial` that they have to write into their own ledger.
 */
import { type Clock, sleep } from '#kernel/clock.ts';
import type { ProcessStatus, SupervisorStatus } from '../supervisor/definition.ts';
import type { OperatorApi } from './api.ts';
import { HOLD_MS, LOOK_MS, READY_LIMIT_MS } from './bounds.ts';
import { holdLedger, type LedgerSeen } from './ledger-watch.ts';

export interface Watched {
  readonly clock: Clock;
  readonly attempt: number;
  /** What should be on trial. */
  readonly digest: string;
  status(): Promise<SupervisorStatus | undefined>;
}

export interface HealthOptions extends Watched {
  readonly version: string;
  /** The Release into whose status the step has to come. Undefined where it is not asked for: the release that comes back may know no such thing. */
  readonly object: string | undefined;
  /** Undefined where the ledger could not be seen before. */
  readonly before: LedgerSeen | undefined;
  readonly api: () => OperatorApi;
}

/** In the version that the API tells Kubernetes' clients, ours stands after this. */
const MARK = '+casemate-';

/** Resolves when all that it needs is ready. Throws with what is wrong, at once where waiting would not help. */
export async function untilServing(watched: Watched): Promise<void> {
  const { clock } = watched;
  let deadline_ms = clock.now() + READY_LIMIT_MS;
  for (;;) {
    const processes = await stillOnTrial(watched);
    const needed = processes.filter(({ optional }) => !optional);
    if (needed.every(({ state }) => state === 'ready')) {
      if (needed.every(({ sealed }) => sealed === undefined)) return;
      // People are waited for, not the release.
      deadline_ms = Math.max(deadline_ms, clock.now() + READY_LIMIT_MS);
    }
    if (clock.now() >= deadline_ms) {
      const waiting = needed.find(({ state }) => state !== 'ready');
      throw new Error(
        `${waiting?.name ?? 'it'} is not ready within ${READY_LIMIT_MS / 1_000} s of the switch`,
      );
    }
    await sleep(clock, LOOK_MS);
  }
}

/** What runs, which must be what is on trial, each process in its first life. */
async function stillOnTrial({ status, digest }: Watched): Promise<readonly ProcessStatus[]> {
  const now = await status();
  if (now === undefined) throw new Error('the supervisor is gone');
  if (now.digest !== digest || !now.onTrial) throw new Error('the supervisor went back to what ran before');
  const fallen = now.processes.find(
    ({ optional, lastFailure, restarts }) => !optional && (lastFailure !== undefined || restarts > 0),
  );
  if (fallen !== undefined) throw new Error(`${fallen.name} ${fallen.lastFailure ?? 'was started again'}`);
  return now.processes;
}

/** Resolves when it has done well for as long as it takes, with how, in words. */
export async function hold(options: HealthOptions): Promise<string> {
  const { clock } = options;
  const api = options.api();
  try {
    const until_ms = clock.now() + HOLD_MS;
    let told = options.object === undefined;
    let leaves = 0;
    while (clock.now() < until_ms) {
      await allReady(options);
      try {
        await serves(api, options.version);
        if (options.before !== undefined) leaves = await holdLedger(api, options.before);
        if (!told && options.object !== undefined) told = await isTold(api, options.object, options.attempt);
      } catch (error) {
        // A process that fell says more than the connection that broke with it.
        await sleep(clock, LOOK_MS);
        await allReady(options);
        throw error;
      }
      await sleep(clock, LOOK_MS);
    }
    if (!told) throw new Error(`its controllers wrote nothing into the ledger within ${HOLD_MS / 1_000} s`);
    return `it did well for ${HOLD_MS / 1_000} s: all processes ready, the API answers, the ledger goes on at ${leaves} leaves, controllers work`;
  } finally {
    api.close();
  }
}

async function allReady(watched: Watched): Promise<void> {
  const broken = (await stillOnTrial(watched)).find(({ optional, state }) => !optional && state !== 'ready');
  if (broken !== undefined) throw new Error(`${broken.name} is ${broken.state}`);
}

/** Throws unless it answers, and is the version that it should be. */
export async function serves(api: OperatorApi, version: string): Promise<void> {
  const ready = await api.get('/readyz');
  if (ready.code !== 200)
    throw new Error(`the API answers ${ready.code} at /readyz: ${ready.body.toString('utf8').slice(0, 200)}`);
  const { code, body } = await api.get('/version');
  if (code !== 200) throw new Error(`the API answers ${code} at /version`);
  const { gitVersion = '' } = JSON.parse(body.toString('utf8')) as { readonly gitVersion?: string };
  const found = gitVersion.slice(gitVersion.indexOf(MARK) + MARK.length);
  if (found !== version) throw new Error(`the API is of Casemate ${found}, and should be of ${version}`);
}

async function isTold(api: OperatorApi, object: string, attempt: number): Promise<boolean> {
  const { code, body } = await api.get(
    `/apis/gap.casemate.internal/v1/releases/${encodeURIComponent(object)}`,
  );
  if (code !== 200) throw new Error(`the API answers ${code} for the release ${object}`);
  const { status } = JSON.parse(body.toString('utf8')) as {
    readonly status?: { readonly steps?: readonly { readonly step: string }[]; readonly attempt?: number };
  };
  return status?.attempt === attempt && status.steps?.some(({ step }) => step === 'OnTrial') === true;
}
