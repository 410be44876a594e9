/**
 * Role: what an organization (or the region) says that its own roles open, beside the built-in ones. Nobody makes a role that opens more
 * than they hold, and a role that is bound cannot be deleted: one made anew under its name would open something else to the same people.
 */
import { type Static, Type } from 'typebox';
import { conflict, forbidden, invalid, type StatusCause } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type Kind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import { ACCESS_GROUP } from './api-group.ts';
import { ALL_VERBS, ROLES } from './roles.ts';

const RULES_MAX = 32;
const RESOURCES_MAX = 64;

const SPEC = Type.Object({
  description: Type.Optional(
    Type.String({ maxLength: 500, description: 'Whom it is for, in words for whoever binds or reviews it.' }),
  ),
  scope: oneOf(['project', 'realm'], {
    default: 'project',
    description:
      'project: opens what is in projects, and a binding may narrow it to one. realm: opens also what belongs to no project; a binding always covers everything.',
  }),
  rules: Type.Array(
    Type.Object({
      verbs: Type.Array(oneOf([...ALL_VERBS, '*']), {
        minItems: 1,
        maxItems: ALL_VERBS.length + 1,
        description: 'What may be done; * for everything.',
      }),
      resources: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
        minItems: 1,
        maxItems: RESOURCES_MAX,
        description:
          'To what: instances.compute.casemate.internal; instances.compute.casemate.internal/exec for a subresource (/* for all); *.compute.casemate.internal for all of a group; * for all. Secrets and subresources are only opened by name.',
      }),
    }),
    {
      minItems: 1,
      maxItems: RULES_MAX,
      description: 'What it opens: everything that one of its rules does.',
    },
  ),
});

export type RoleSpec = Static<typeof SPEC>;

const specOf = (object: KubeObject) => object.spec as RoleSpec;

export const Role = defineKind({
  group: ACCESS_GROUP,
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'A role of your own: rules that say which verbs on which resources it opens. Give it with a RoleBinding. It cannot open more than its author holds.',
  spec: SPEC,
  columns: [
    { name: 'Scope', type: 'string', description: 'project or realm.', value: 'spec.scope' },
    {
      name: 'Resources',
      type: 'string',
      description: 'What its rules are about.',
      value: (object) => [...new Set(specOf(object).rules.flatMap(({ resources }) => resources))].join(','),
    },
    {
      name: 'Description',
      type: 'string',
      description: 'Whom it is for.',
      value: 'spec.description',
      priority: 1,
    },
  ],
  immutable: ['spec.scope'],
});

export type RoleObject = ObjectOf<typeof Role>;

/** A resource of a rule, taken apart. */
export interface RuleResource {
  /** `*`, `*.<group>` or a resource. */
  readonly resource: string;
  readonly subresource?: string;
}

export function parseRuleResource(text: string): RuleResource {
  const slash = text.indexOf('/');
  return slash < 0
    ? { resource: text }
    : { resource: text.slice(0, slash), subresource: text.slice(slash + 1) };
}

/** What is wrong with a resource that a rule names, among the kinds there are; undefined: nothing. */
export function ruleResourceProblem(text: string, kinds: readonly Kind[]): string | undefined {
  const { resource, subresource } = parseRuleResource(text);
  const matching = kinds.filter(
    (kind) =>
      resource === '*' ||
      kind.resource === resource ||
      (resource.startsWith('*.') && kind.group === resource.slice(2)),
  );
  if (matching.length === 0 && resource !== 'ledgers') {
    return `"${resource}" is no resource here; kubectl api-resources lists them, as <plural>.<group>`;
  }
  if (subresource === undefined || subresource === '*') return undefined;
  if (subresource === 'status') return 'the status is read with the object, and written by controllers only';
  if (matching.some((kind) => Object.hasOwn(kind.subresources ?? {}, subresource))) return undefined;
  return `${resource} has no subresource "${subresource}"`;
}

/** What is wrong with a Role by itself. Throws 422, or 403 for a name that is taken. */
export function checkRole(request: AdmissionRequest, kinds: readonly Kind[]): void {
  const { object, operation } = request;
  const { name } = object.metadata;
  if (operation === 'create' && Object.hasOwn(ROLES, name)) {
    throw forbidden(
      { group: Role.group, kind: Role.plural, name },
      'that is the name of a built-in role; choose another',
    );
  }
  const causes: StatusCause[] = [];
  specOf(object).rules.forEach(({ resources }, rule) => {
    resources.forEach((resource, index) => {
      const message = ruleResourceProblem(resource, kinds);
      if (message === undefined) return;
      causes.push({
        reason: 'FieldValueNotSupported',
        field: `spec.rules[${rule}].resources[${index}]`,
        message,
      });
    });
  });
  if (causes.length > 0) throw invalid({ group: Role.group, kind: Role.kind, name }, causes);
}

/** Refuses to delete a role that somebody holds. */
export function refuseBound(name: string, bindings: readonly string[]): void {
  if (bindings.length === 0) return;
  throw conflict(
    { group: Role.group, kind: Role.plural, name },
    `RoleBinding ${bindings.slice(0, 5).join(', ')} gives it; delete that first`,
  );
}
