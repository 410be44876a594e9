/** What a plan selects at this moment. Pure. */
import type { RealmView } from '#kernel/realm.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import { ITEMS_MAX } from '../limits.ts';
import type { BackupPlanObject } from '../plan/backup-plan.ts';
import type { BackupSource } from '../sources/source.ts';
import { BACKED_UP, isSelected } from '../what.ts';
import type { Item } from './backup.ts';

/** Throws Obstacle. The target itself is never selected: it would hold what it holds. */
export function select(
  sources: readonly BackupSource[],
  view: RealmView,
  namespace: string,
  plan: BackupPlanObject | undefined,
): Item[] {
  if (plan === undefined) throw new Obstacle('PlanNotFound', 'its BackupPlan is gone');
  const { what, target } = plan.spec;
  const items: Item[] = [];
  for (const plural of BACKED_UP) {
    const selector = what[plural];
    const source = sourceOf(sources, plural);
    if (selector === undefined || source === undefined) continue;
    for (const entry of view.entries(source.kind, namespace)) {
      const object = entry.object();
      if (isDeleting(object) || !isSelected(selector, object)) continue;
      if (plural === 'buckets' && entry.name === target.bucket) continue;
      items.push({ kind: plural, name: entry.name, uid: entry.uid, phase: 'Pending' });
    }
  }
  if (items.length === 0)
    throw new Obstacle('NothingSelected', 'nothing in this project is selected by the plan’s spec.what');
  if (items.length > ITEMS_MAX)
    throw new Obstacle(
      'TooManyItems',
      `the plan selects ${items.length} things; at most ${ITEMS_MAX}: make several plans`,
    );
  return items;
}

export const sourceOf = (sources: readonly BackupSource[], plural: string): BackupSource | undefined =>
  sources.find(({ kind }) => kind.plural === plural);
