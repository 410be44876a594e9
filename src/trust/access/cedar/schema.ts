/**
 * The Cedar schema of a realm: who can ask, what can be asked about, what can be done. Generated from the operations, which come from the kinds.
 * Policies are validated against it before they are taken in.
 */

import type { GuardrailSpec } from '../guardrail.ts';
import type { Operation } from '../operations-table.ts';
import { type Terms, traitsIn } from '../traits.ts';
import type { PolicySet, SchemaJson } from './engine.ts';
import { validatePolicies } from './engine.ts';
import { forbidPolicy } from './guardrail-text.ts';
import { actionTraits, permitTemplate } from './text.ts';
import { TYPES } from './types.ts';

const PRINCIPALS = [TYPES.User, TYPES.ServiceAccount, TYPES.Controller];

const CONTEXT = {
  type: 'Record',
  attributes: {
    /** About many objects at once. */
    many: { type: 'Boolean' },
    /** About all projects at once. */
    everywhere: { type: 'Boolean' },
    /** Minutes since the Unix epoch. */
    minute: { type: 'Long' },
    /** Tagged with the minute of the week, by time zone. */
    moment: { type: 'Entity', name: TYPES.Moment },
    address: { type: 'Extension', name: 'ipaddr', required: false },
    strength: { type: 'String', required: false },
  },
} as const;

const FIXED = {
  Realm: {},
  Project: { memberOfTypes: [TYPES.Realm] },
  Group: {},
  Holders: {},
  User: { memberOfTypes: [TYPES.Group, TYPES.Holders] },
  ServiceAccount: { memberOfTypes: [TYPES.Group, TYPES.Holders] },
  Controller: { memberOfTypes: [TYPES.Group] },
  Moment: { tags: { type: 'Long' } },
};

/** The schema of these operations. */
export function schemaOf(operations: Iterable<Operation>, traits: Iterable<string> = []): SchemaJson<string> {
  const actions: Record<string, object> = {};
  const types = new Map<string, Map<string, object>>();
  for (const { id, traits, entityType, place } of operations) {
    for (const trait of traits) actions[trait] ??= {};
    actions[id] = {
      memberOf: traits.map((trait) => ({ id: trait })),
      appliesTo: { principalTypes: PRINCIPALS, resourceTypes: [entityType], context: { type: 'Context' } },
    };
    const [namespace = '', name = ''] = entityType.split('::');
    const of = types.get(namespace) ?? new Map<string, object>();
    types.set(namespace, of);
    of.set(name, {
      memberOfTypes: place === 'realm' ? [TYPES.Realm] : [TYPES.Project, TYPES.Realm],
      shape: { type: 'Record', attributes: {} },
      tags: { type: 'String' },
    });
  }
  for (const trait of traits) actions[trait] ??= {};
  const fixed = types.get('Casemate') ?? new Map<string, object>();
  types.set('Casemate', fixed);
  for (const [name, definition] of Object.entries(FIXED)) fixed.set(name, definition);
  const namespaces = [...types].map(([namespace, of]) => [
    namespace,
    { entityTypes: Object.fromEntries(of), actions: {} },
  ]);
  const root = { entityTypes: {}, actions, commonTypes: { Context: CONTEXT } };
  return { '': root, ...Object.fromEntries(namespaces) } as SchemaJson<string>;
}

/**
 * The operations that stand for all of them where policies are checked: every one of the resources that they name, and one other kind of
 * each scope. Kinds differ to a policy by nothing but name and scope, so what fits these fits all; a test holds the whole table against it.
 */
function* representatives(operations: Iterable<Operation>, traits: ReadonlySet<string>): Iterable<Operation> {
  const chosen = new Map<string, string>();
  for (const operation of operations) {
    const named = operation.traits.some((trait) => trait.startsWith('resource ') && traits.has(trait));
    const scope = operation.traits.find((trait) => trait.startsWith('scope ')) ?? 'none';
    if (!chosen.has(scope)) chosen.set(scope, operation.resource);
    if (named || chosen.get(scope) === operation.resource) yield operation;
  }
}

function problems(
  operations: Iterable<Operation>,
  traits: ReadonlySet<string>,
  policies: PolicySet,
): string[] {
  return validatePolicies(schemaOf(representatives(operations, traits), traits), policies);
}

/** What Cedar finds wrong with a role's terms; empty when nothing is. */
export function roleProblems(terms: readonly Terms[], operations: Iterable<Operation>): string[] {
  const traits = new Set(terms.flatMap((one) => [...traitsIn(one)]));
  const templates = Object.fromEntries(terms.map((one, index) => [`rule${index}`, permitTemplate(one)]));
  return problems(operations, traits, { templates });
}

/** What Cedar finds wrong with a guardrail, such as a network that is none; empty when nothing is. */
export function guardrailProblems(spec: GuardrailSpec, operations: Iterable<Operation>): string[] {
  const text = forbidPolicy(spec);
  const traits = new Set(actionTraits(text));
  return problems(operations, traits, { staticPolicies: { guardrail: text } });
}
