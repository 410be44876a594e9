/**
 * What an operator may do in a tenant's realm for a while: these verbs on these resources of one project, of these names. Pure. A scope
 * has no wildcards, so that whoever approves it reads everything it opens, and nothing in it gives rights that outlive it.
 */
import { type Static, Type } from 'typebox';
import type { AccessAttributes } from '#kernel/access.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import type { KindRegistry } from '#kernel/registry.ts';
import { ALL_VERBS } from '../access/roles.ts';

const RULES_MAX = 16;
const RESOURCES_MAX = 16;
const NAMES_MAX = 64;

export const SCOPE_RULE = Type.Object({
  verbs: Type.Array(oneOf(ALL_VERBS), {
    minItems: 1,
    maxItems: 8,
    description: 'What may be done; a terminal (exec) is create.',
  }),
  resources: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
    minItems: 1,
    maxItems: RESOURCES_MAX,
    description: 'To which resources, such as instances.compute.casemate.internal/exec.',
  }),
  names: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
      minItems: 1,
      maxItems: NAMES_MAX,
      description: 'To which objects; absent: every one in the project.',
    }),
  ),
});

export const SCOPE = Type.Array(SCOPE_RULE, {
  minItems: 1,
  maxItems: RULES_MAX,
  description: 'Everything that is asked for; nothing else opens.',
});

export type ScopeRule = Static<typeof SCOPE_RULE>;

/** Groups whose objects give or take rights, keys or certificates, and so would outlive the session or hide it. */
const CLOSED_GROUPS = [
  'access.casemate.internal',
  'identity.casemate.internal',
  'keys.casemate.internal',
  'certificates.casemate.internal',
  'authorization.k8s.io',
  'authentication.k8s.io',
];
/** Of the core group, for the same reason. */
const CLOSED_RESOURCES = ['serviceaccounts', 'namespaces', 'events'];

/** `instances.compute.casemate.internal/exec` in its parts. */
export function parseResource(text: string): { readonly resource: string; readonly subresource?: string } {
  const [resource = '', subresource] = text.split('/', 2);
  return subresource === undefined ? { resource } : { resource, subresource };
}

/** What is wrong with a resource in a scope, or undefined. */
export function resourceProblem(text: string, registry: KindRegistry): string | undefined {
  const { resource, subresource } = parseResource(text);
  const kind = registry.resource(resource);
  if (!kind?.realms.includes('organization') || kind.scope !== 'Project') {
    return `"${resource}" is no resource of projects; name one such as instances.compute.casemate.internal`;
  }
  if (CLOSED_GROUPS.includes(kind.group) || CLOSED_RESOURCES.includes(resource)) {
    return `${resource} cannot be opened to operators: it gives rights that would outlive the session`;
  }
  if (subresource !== undefined && !Object.hasOwn(kind.subresources ?? {}, subresource)) {
    return `${resource} has no "${subresource}"`;
  }
  return undefined;
}

type Asked = Pick<AccessAttributes, 'verb' | 'group' | 'resource' | 'subresource' | 'namespace' | 'name'>;

/** Whether a scope of a project opens what is asked. Many objects at once take a rule without names. */
export function scopeAllows(project: string, scope: readonly ScopeRule[], asked: Asked): boolean {
  const { verb, group, resource, subresource, namespace, name } = asked;
  if (namespace !== project) return false;
  const qualified = `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  return scope.some(
    ({ verbs, resources, names }) =>
      verbs.includes(verb) &&
      resources.includes(qualified) &&
      (names === undefined || (name !== undefined && names.includes(name))),
  );
}

/** In words, for tables and events. */
export const scopeText = (project: string, scope: readonly ScopeRule[]): string =>
  `${scope
    .map(
      ({ verbs, resources, names }) =>
        `${verbs.join(',')} ${resources.join(',')}${names === undefined ? '' : ` ${names.join(',')}`}`,
    )
    .join('; ')} in ${project}`;
