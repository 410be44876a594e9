/**
 * The roles of a realm, built-in and its own, as the terms that decide: what each opens where it is held for the whole realm, and what
 * where a binding narrows it to a project. Pure; read from a view.
 */
import type { Verb } from '#kernel/access.ts';
import type { Entry, RealmView } from '#kernel/realm.ts';
import { type RealmType, realmType } from '#kernel/realm-id.ts';
import { parseRuleResource, Role, type RoleObject, type RoleSpec } from './role.ts';
import {
  ALL_VERBS,
  READ_VERBS,
  RECORDS,
  ROLE_NAMES,
  ROLES,
  type Role as RoleTable,
  resourceTerm,
  SEALED,
  termsOf,
} from './roles.ts';
import { OBJECT, SECRET, SUBRESOURCE, scopeTrait, subresourceTrait, type Terms } from './traits.ts';

export interface RoleTerms {
  readonly name: string;
  /** Whether a binding may narrow it to one project. */
  readonly narrowable: boolean;
  readonly everywhere: readonly Terms[];
  readonly inProject: readonly Terms[];
}

function tableTerms({ name, narrowable, rules }: RoleTable): RoleTerms {
  const terms = (narrowed: boolean) =>
    rules.map((rule) => termsOf(rule, narrowed)).filter((one) => one !== undefined);
  return { name, narrowable, everywhere: terms(false), inProject: narrowable ? terms(true) : [] };
}

const BUILT_IN = Object.fromEntries(
  (['region', 'organization'] as const).map((type) => [
    type,
    ROLE_NAMES.filter((name) => ROLES[name].realm === type).map((name) => tableTerms(ROLES[name])),
  ]),
) as unknown as Readonly<Record<RealmType, readonly RoleTerms[]>>;

const isWrite = (verb: Verb) => !READ_VERBS.includes(verb);

/** One resource of a rule in one scope. A wildcard leaves out secrets, and what only controllers write. */
function resourceTerms(text: string, verbs: readonly Verb[], scope: 'realm' | 'project'): Terms[] {
  const { resource, subresource } = parseRuleResource(text);
  const wildcard = resource.startsWith('*');
  const base = {
    all: [
      [scopeTrait(scope)],
      ...(resource === '*' ? [] : [[resourceTerm(resource)]]),
      [
        subresource === undefined
          ? OBJECT
          : subresource === '*'
            ? SUBRESOURCE
            : subresourceTrait(subresource),
      ],
    ],
    none: wildcard ? [SECRET, ...SEALED.map(resourceTerm)] : [],
  };
  const reads = verbs.filter((verb) => !isWrite(verb));
  const writes = verbs.filter(isWrite);
  return [
    ...(reads.length > 0 ? [{ ...base, verbs: reads }] : []),
    ...(writes.length > 0
      ? [{ ...base, verbs: writes, none: [...base.none, ...RECORDS.map(resourceTerm)] }]
      : []),
  ];
}

/** What a realm's own role opens. Whoever holds one in a project may look at that project. */
export function ownRoleTerms(name: string, spec: RoleSpec): RoleTerms {
  const terms = (narrowed: boolean): Terms[] => {
    const scopes =
      spec.scope === 'project' || narrowed ? (['project'] as const) : (['realm', 'project'] as const);
    const found = spec.rules.flatMap(({ verbs, resources }) => {
      const meant = verbs.includes('*') ? ALL_VERBS : (verbs as Verb[]);
      return resources.flatMap((resource) =>
        resource === 'ledgers'
          ? narrowed || spec.scope === 'project'
            ? []
            : [{ verbs: meant, all: [[scopeTrait('ledger')]], none: [] }]
          : scopes.flatMap((scope) => resourceTerms(resource, meant, scope)),
      );
    });
    const own = termsOf({ scope: 'own-project', verbs: READ_VERBS }, narrowed);
    return spec.scope === 'project' && own ? [...found, own] : found;
  };
  const narrowable = spec.scope === 'project';
  return { name, narrowable, everywhere: terms(false), inProject: narrowable ? terms(true) : [] };
}

/** Terms of a realm's own roles, as long as the store keeps their entries; undefined for one that is being deleted. */
const parsed = new WeakMap<Entry, RoleTerms | 'ending'>();

function ownRole(entry: Entry): RoleTerms | undefined {
  let known = parsed.get(entry);
  if (known === undefined) {
    const { metadata, spec } = entry.object() as RoleObject;
    known = metadata.deletionTimestamp === undefined ? ownRoleTerms(entry.name, spec) : 'ending';
    parsed.set(entry, known);
  }
  return known === 'ending' ? undefined : known;
}

/** Every role of a realm by name, the built-in ones first. */
export function rolesIn(view: RealmView): ReadonlyMap<string, RoleTerms> {
  const roles = new Map(BUILT_IN[realmType(view.realm)].map((role) => [role.name, role]));
  for (const entry of view.entries(Role)) {
    const role = ownRole(entry);
    if (role && !roles.has(role.name)) roles.set(role.name, role);
  }
  return roles;
}

/** One role by name; undefined where there is none. */
export function roleIn(view: RealmView, name: string): RoleTerms | undefined {
  const builtIn = BUILT_IN[realmType(view.realm)].find((role) => role.name === name);
  if (builtIn) return builtIn;
  const entry = view.entry(Role, { name });
  return entry && ownRole(entry);
}
