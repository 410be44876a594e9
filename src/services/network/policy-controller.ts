/**
 * Sees a policy in force, and tells how many instances it concerns.
 */
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import { FirewallPolicy } from './firewall-policy.ts';
import type { ProjectFilter } from './project-filter.ts';
import { publish } from './publish.ts';
import { selects } from './selector.ts';

const LOOK_AGAIN_MS = 5_000;

export function policyController(filter: ProjectFilter, instanceKind: Kind): Controller {
  return {
    name: 'firewall-policy',
    realms: ['organization'],
    kind: FirewallPolicy,
    watches: [{ kind: instanceKind, keys: policiesOf }],
    async reconcile(key, context): Promise<RetryAfter | undefined> {
      const project = key.namespace ?? '';
      const outcome = await filter.refresh(context, project);
      const policy = context.realm.view.get(FirewallPolicy, key);
      if (!policy) return undefined;
      let matchedInstances = 0;
      for (const entry of context.realm.view.entries(instanceKind, project)) {
        if (selects(policy.spec.instances, entry.labels)) matchedInstances++;
      }
      const say = (ready: 'True' | 'False', reason: string, message: string) =>
        publish(context, FirewallPolicy, policy, { matchedInstances }, ready, reason, message);
      if ('absent' in outcome) {
        await say('False', 'NoPacketFilter', `it cannot be put in force: ${outcome.absent}`);
        return undefined;
      }
      if ('failed' in outcome) {
        await say(
          'False',
          'FilterNotInForce',
          'the packet filter cannot be changed now; what was in force stays, and the region tries again',
        );
        return { retryAfter_ms: LOOK_AGAIN_MS };
      }
      await say(
        'True',
        'Ready',
        matchedInstances === 0 ? 'in force, but no instance has the labels it selects' : 'in force',
      );
      return undefined;
    },
  };
}

/** Every policy of the project: labels of one instance may count in any of them. */
function policiesOf(object: KubeObject, realm: Realm): ObjectKey[] {
  const { namespace } = object.metadata;
  if (namespace === undefined) return [];
  return [...realm.view.entries(FirewallPolicy, namespace)].map(({ name }) => ({ namespace, name }));
}

/** Wakes on instances of a project and brings the filter up to date with their addresses and labels, once for all of them. */
export function endpointController(filter: ProjectFilter, instanceKind: Kind, networkKind: Kind): Controller {
  return {
    name: 'network-endpoints',
    realms: ['organization'],
    kind: networkKind,
    // One key a project, whatever its instances: a burst of changes is one piece of work.
    watches: [{ kind: instanceKind, keys: projectKey }],
    async reconcile(key: ObjectKey, context: ReconcileContext): Promise<RetryAfter | undefined> {
      if (key.name !== PROJECT_KEY) return undefined;
      const outcome = await filter.refresh(context, key.namespace ?? '');
      return 'failed' in outcome ? { retryAfter_ms: LOOK_AGAIN_MS } : undefined;
    },
  };
}

// No object can have it as its name.
const PROJECT_KEY = '*';

function projectKey(object: KubeObject): ObjectKey[] {
  const { namespace } = object.metadata;
  return namespace === undefined ? [] : [{ namespace, name: PROJECT_KEY }];
}
