/** Which of what no object accounts for may be somebody's from before a restore, and telling of it. */
import { systemActor } from '#kernel/access.ts';
import { rfc3339 } from '#kernel/clock.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Realms } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import type { Seen } from './found.ts';
import { Leftover } from './leftover.ts';

/** When the region was last put back from a backup, in milliseconds since the epoch; undefined: never. */
export type LastRestore = (realms: Pick<Realms, 'use'>) => Promise<number | undefined>;

/** The engine's clock may be another machine's. */
export const CLOCKS_APART_MS = 60 * 60_000;
export const LEFTOVERS_MAX = 10_000;

/** From the objects that a region writes when it was restored, each with `spec.at` (RFC 3339). */
export const lastRestoreOf =
  (kind: Kind): LastRestore =>
  (realms) =>
    realms.use(REGION, async ({ view }) => {
      const times = view.list(kind).map(({ spec }) => Date.parse((spec as { at: string }).at));
      return times.length === 0 ? undefined : Math.max(...times);
    });

/** Whether what was made then may be of the life before the restore. Of what nobody knows when it was made, it may. */
export function isFromBefore(createdAt: string | undefined, restored_ms: number | undefined): boolean {
  if (restored_ms === undefined) return false;
  const created_ms = Date.parse(createdAt ?? '');
  return Number.isNaN(created_ms) || created_ms <= restored_ms + CLOCKS_APART_MS;
}

/** Says it once. */
export async function reportLeftover(
  found: Seen,
  { realms, change, clock }: Pick<ReconcileContext, 'realms' | 'change' | 'clock'>,
  logger: Logger,
): Promise<void> {
  const createdAt = found.createdAt ?? rfc3339(clock.now());
  const metadata = { name: `${found.engineProject}-${found.engineName}` };
  const by = {
    actor: systemActor(REGION, 'controller:leftover'),
    via: 'controller',
    requestId: change.requestId,
  } as const;
  await realms.use(REGION, async ({ view, resources }) => {
    if (view.get(Leftover, metadata) || view.count(Leftover) >= LEFTOVERS_MAX) return;
    logger.warn(
      { project: found.engineProject, name: found.engineName, uid: found.uid },
      'kept what is from before the region was restored and no object accounts for: kubectl get leftovers',
    );
    try {
      await resources.create(Leftover, undefined, { metadata, spec: { found: { ...found, createdAt } } }, by);
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    }
  });
}
