/**
 * Publishes what a project uses of its quotas. Only for people to read: the limits are enforced in the lane. It writes
 * at most once a second for a quota, however busy the project is.
 */
import type { Controller, ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import { canonicalQuantity, formatQuantity, parseQuantity } from '#kernel/quantity.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import { readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import { Quota, type QuotaObject, type QuotaStatus } from './quota.ts';
import { projectUsage } from './quota-usage.ts';

const WRITE_INTERVAL_ms = 1_000;

export function quotaController(kinds: () => readonly Kind[]): Controller {
  /** When each quota was last written, by uid; entries go when the interval has passed. */
  const written = new Map<string, number>();
  return {
    name: 'quota',
    realms: ['organization'],
    kind: Quota,
    get watches() {
      return kinds()
        .filter((kind) => kind.scope === 'Project' && kind.resource !== Quota.resource)
        .map((kind) => ({ kind, keys: quotasOfProject }));
    },
    async reconcile(key, context) {
      const quota = context.realm.view.get(Quota, key);
      if (!quota) return undefined;
      const wait_ms = (written.get(quota.metadata.uid) ?? 0) + WRITE_INTERVAL_ms - context.clock.now();
      const next = statusOf(quota, kinds(), context);
      if (JSON.stringify(next) === JSON.stringify(quota.status)) return undefined;
      if (wait_ms > 0) return { retryAfter_ms: wait_ms };
      written.set(quota.metadata.uid, context.clock.now());
      context.clock.after(WRITE_INTERVAL_ms, () => written.delete(quota.metadata.uid));
      await publish(key, kinds(), context);
      return undefined;
    },
  };
}

function quotasOfProject(object: KubeObject, realm: Realm): readonly ObjectKey[] {
  const { namespace } = object.metadata;
  if (namespace === undefined || realm.view.count(Quota, namespace) === 0) return [];
  return [...realm.view.entries(Quota, namespace)].map(({ name }) => ({ namespace, name }));
}

function statusOf(quota: QuotaObject, kinds: readonly Kind[], context: ReconcileContext): QuotaStatus {
  const { hard } = quota.spec;
  const names = Object.keys(hard).sort();
  const usage = projectUsage(context.realm.view, quota.metadata.namespace ?? '', kinds, new Set(names));
  const used: Record<string, string> = {};
  const limits: Record<string, string> = {};
  const over: string[] = [];
  for (const name of names) {
    const limit = canonicalQuantity(hard[name] ?? 0);
    const sum = usage.get(name);
    limits[name] = limit;
    used[name] = sum ? formatQuantity(sum) : '0';
    if (sum && isOver(sum.nano, limit)) over.push(name);
  }
  const condition =
    over.length === 0
      ? readyCondition('True', 'Enforced', 'the limits are enforced', quota.metadata.generation)
      : readyCondition(
          'True',
          'EnforcedButExceeded',
          `more is used than allowed of ${over.join(', ')}; what is there stays, nothing more is let in`,
          quota.metadata.generation,
        );
  return {
    observedGeneration: quota.metadata.generation,
    hard: limits,
    used,
    conditions: [...setCondition(quota.status?.conditions, condition, context.clock)],
  };
}

const isOver = (used_nano: bigint, limit: string): boolean => used_nano > parseQuantity(limit).nano;

async function publish(key: ObjectKey, kinds: readonly Kind[], context: ReconcileContext): Promise<void> {
  try {
    await context.realm.resources.modify(
      Quota,
      key,
      context.change,
      (current) => ({ ...current, status: statusOf(current, kinds, context) }),
      { subresource: 'status' },
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
