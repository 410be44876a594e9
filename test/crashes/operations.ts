/** Draws the next operation by lot from what may be done, does it, and writes down what is known of it. */
import type { Answered, Api, Outcome } from './api.ts';
import type { Chance } from './chance.ts';
import { changeOf, collectionPath, type Found, markOf, newObject, objectPath } from './kinds.ts';
import { isGone, type Known, LostChange, type Model, nameOf } from './model.ts';

export interface Limits {
  readonly instances_max: number;
  readonly networks_max: number;
  readonly projects_max: number;
}

export type Verb = 'create' | 'patch' | 'delete';

export interface Operation {
  readonly verb: Verb;
  readonly known: Known;
  readonly mark: string;
}

/** How often each is drawn, in parts of their sum. Instances cost seconds, the others milliseconds. */
const WEIGHTS: readonly (readonly [Verb, string, number])[] = [
  ['create', 'namespaces', 1],
  ['create', 'networks', 2],
  ['create', 'firewallpolicies', 2],
  ['create', 'configmaps', 3],
  ['create', 'secrets', 3],
  ['create', 'instances', 4],
  ['create', 'instancesnapshots', 2],
  ['patch', 'namespaces', 1],
  ['patch', 'networks', 1],
  ['patch', 'firewallpolicies', 2],
  ['patch', 'configmaps', 4],
  ['patch', 'secrets', 4],
  ['patch', 'instances', 3],
  ['patch', 'instancesnapshots', 1],
  ['delete', 'namespaces', 1],
  ['delete', 'networks', 1],
  ['delete', 'firewallpolicies', 1],
  ['delete', 'configmaps', 2],
  ['delete', 'secrets', 2],
  ['delete', 'instances', 2],
  ['delete', 'instancesnapshots', 1],
];

/** The first project is there to stay, so that there is always a place for the rest. */
export function drawOperation(chance: Chance, model: Model, limits: Limits, number: number): Operation {
  const mark = `m${number}`;
  const possible = WEIGHTS.flatMap(([verb, plural, weight]) => {
    const make = maker(chance, model, limits, verb, plural, number);
    return make === undefined ? [] : [{ verb, make, weight }];
  });
  let lot = chance.below(possible.reduce((sum, { weight }) => sum + weight, 0));
  for (const { verb, make, weight } of possible) {
    lot -= weight;
    if (lot < 0) return { verb, known: make(), mark };
  }
  throw new RangeError('no operation is possible');
}

/** What would give the operation its object; undefined when there is none that it may be on. */
function maker(
  chance: Chance,
  model: Model,
  limits: Limits,
  verb: Verb,
  plural: string,
  number: number,
): (() => Known) | undefined {
  if (verb === 'create') return creator(chance, model, limits, plural, number);
  const found =
    verb === 'patch'
      ? model.living(plural)
      : // Whoever does not know whether a deletion was heard asks again.
        model.mayLive(plural).filter((one) => one.fate !== 'goes' && mayGo(model, one));
  return found.length === 0 ? undefined : () => chance.oneOf(found);
}

function mayGo(model: Model, one: Known): boolean {
  if (one.plural === 'namespaces') return one.name !== 'p0';
  if (one.plural !== 'networks') return true;
  return !model.all().some((other) => isOn(other, one) && !isGone(other) && other.fate !== 'goes');
}

const isOn = (instance: Known, network: Known): boolean =>
  instance.plural === 'instances' && instance.project === network.project && instance.needs === network.name;

function creator(
  chance: Chance,
  model: Model,
  limits: Limits,
  plural: string,
  number: number,
): (() => Known) | undefined {
  const most: Readonly<Record<string, number>> = {
    namespaces: limits.projects_max,
    networks: limits.networks_max,
    instances: limits.instances_max,
  };
  if (model.mayLive(plural).length >= (most[plural] ?? Number.POSITIVE_INFINITY)) return undefined;
  const name = `${plural.charAt(0)}${number}`;
  if (plural === 'namespaces') return () => model.add({ plural, project: undefined, name });
  if (plural === 'instancesnapshots') {
    const instances = model.living('instances');
    if (instances.length === 0) return undefined;
    return () => {
      const instance = chance.oneOf(instances);
      return model.add({ plural, project: instance.project, name }, instance.name);
    };
  }
  const projects = model.living('namespaces');
  if (projects.length === 0) return undefined;
  return () => {
    const project = chance.oneOf(projects).name;
    if (plural !== 'instances') return model.add({ plural, project, name });
    const networks = model.living('networks').filter((one) => one.project === project);
    const needs = networks.length === 0 ? undefined : chance.oneOf(networks).name;
    return model.add({ plural, project, name }, needs);
  };
}

export function send(api: Api, { verb, known, mark }: Operation, image: string): Promise<Outcome> {
  switch (verb) {
    case 'create':
      return api.call('POST', collectionPath(known), newObject(known, mark, image));
    case 'patch':
      return api.call('PATCH', objectPath(known), changeOf(known, mark));
    case 'delete':
      return api.call('DELETE', objectPath(known));
  }
}

/** Writes down what an answer says. Throws when it cannot be. */
export function note(model: Model, operation: Operation, outcome: Outcome): void {
  const { verb, known, mark } = operation;
  if (outcome === undefined || outcome.code >= 500) {
    if (verb === 'delete') model.maybeDeleted(known);
    else model.maybeWritten(known, mark);
  } else if (outcome.code >= 200 && outcome.code < 300) {
    acknowledged(model, operation, outcome);
  } else if (outcome.code === 404 && verb !== 'create') {
    model.seen(known, undefined, `${verb} answered 404`);
  } else if (!isInGoing(model, known)) {
    throw new LostChange(
      `${verb} ${nameOf(known)} answered ${outcome.code}: ${JSON.stringify(outcome.body)}`,
    );
  }
}

/** It, or the project it is in, may be going by a deletion of which nobody knew: then it may be refused. */
const isInGoing = (model: Model, known: Known): boolean =>
  known.fate !== 'stays' ||
  model
    .all()
    .some(({ plural, name, fate }) => plural === 'namespaces' && name === known.project && fate !== 'stays');

function acknowledged(model: Model, { verb, known, mark }: Operation, { body }: Answered): void {
  if (verb === 'delete') {
    model.deleted(known);
    return;
  }
  const made = markOf(known, body as unknown as Found);
  if (made !== mark) throw new LostChange(`${verb} ${nameOf(known)} was answered with ${made}, not ${mark}`);
  model.written(known, mark);
}
