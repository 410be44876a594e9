/** What must hold once nobody disturbs the region any more: what was acknowledged is there, and everything comes to rest. For tests only. */
import type { Answered, Api } from './api.ts';
import { type Found, KINDS, markOf, objectPath } from './kinds.ts';
import type { Machine } from './machine.ts';
import { isGone, type Known, LostChange, type Model, nameOf } from './model.ts';
import { describe, findOrphans } from './orphans.ts';
import { until } from './until.ts';

/** A stopped instance is as it should be. */
const CALM: readonly string[] = ['Stopped'];

/** Reads every object anybody ever spoke of. Throws when one is not as the model knows it. */
export async function checkAcknowledged(api: Api, model: Model): Promise<void> {
  for (const known of model.all()) {
    if (isGone(known)) continue;
    const answer = await read(api, objectPath(known));
    if (answer.code === 404) model.seen(known, undefined, 'read afterwards');
    else {
      const found = answer.body as unknown as Found;
      model.seen(known, markOf(known, found), 'read afterwards');
      // Whoever's deletion was not acknowledged may have it made all the same.
      if (known.fate === 'perhaps' && found.metadata.deletionTimestamp !== undefined) model.deleted(known);
      else if (known.fate === 'perhaps' || known.fate === 'stays') settle(known, found);
    }
  }
}

function settle(known: Known, { metadata }: Found): void {
  if (metadata.deletionTimestamp !== undefined) {
    throw new LostChange(`${nameOf(known)} is being deleted, and nobody asked for it`);
  }
}

async function read(api: Api, path: string): Promise<Answered> {
  const answer = await api.call('GET', path);
  if (answer?.code !== 200 && answer?.code !== 404) {
    throw new Error(`GET ${path}: ${answer?.code} ${JSON.stringify(answer?.body)}`);
  }
  return answer;
}

export interface Rest {
  readonly machine: Machine;
  readonly organization: Api;
  readonly operator: Api;
  readonly model: Model;
  readonly limit_ms: number;
}

/** Waits until nothing is left to do: what goes is gone, what stays is ready, and the host holds what the objects say and nothing else. */
export async function untilAtRest({ machine, organization, operator, model, limit_ms }: Rest): Promise<void> {
  let unrest: string[] = [];
  await until(
    'everything is as it should be, and nothing else is there',
    limit_ms,
    async () => {
      unrest = await restless(organization, model);
      if (unrest.length > 0) return false;
      const orphans = await findOrphans(machine, organization, operator);
      if (orphans.length > 0) unrest = [describe(orphans)];
      return orphans.length === 0;
    },
    () => unrest.join('\n'),
  );
}

/** What is not as it should be, in words. */
async function restless(api: Api, model: Model): Promise<string[]> {
  const words: string[] = [];
  const present = new Set<string>();
  for (const { plural, path } of KINDS) {
    const answer = await api.call('GET', `${path}/${plural}`);
    if (answer?.code !== 200) return [`GET ${plural}: ${answer?.code}`];
    for (const found of answer.body.items as Found[]) {
      const { name, namespace, deletionTimestamp } = found.metadata;
      const title = nameOf({ plural, project: namespace, name });
      present.add(title);
      const ready = found.status?.conditions?.find(({ type }) => type === 'Ready');
      if (deletionTimestamp !== undefined) words.push(`${title} is still being deleted: ${ready?.message}`);
      else if (!isCalm(plural, ready, found, present)) {
        words.push(`${title} is not ready: ${ready?.reason} (${ready?.message})`);
      }
    }
  }
  for (const known of model.all()) {
    if (known.fate === 'goes' && present.has(nameOf(known))) words.push(`${nameOf(known)} should be gone`);
  }
  return words;
}

function isCalm(
  plural: string,
  ready: { readonly status: string; readonly reason: string } | undefined,
  { metadata: { namespace }, spec }: Found,
  present: ReadonlySet<string>,
): boolean {
  if (ready?.status === 'True') return true;
  if (plural === 'instances' && spec?.powerState === 'Stopped') return CALM.includes(ready?.reason ?? '');
  if (plural === 'instancesnapshots') {
    // Instances are read before: of one that is gone no snapshot can be taken any more.
    const instance = nameOf({ plural: 'instances', project: namespace, name: String(spec?.instance) });
    return ready?.reason === 'InstanceNotFound' && !present.has(instance);
  }
  return ['namespaces', 'configmaps', 'secrets'].includes(plural);
}
