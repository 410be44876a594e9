/**
 * Decides every question of access: finds what is asked among the operations of the realm, asks the realm's policies, and says in words
 * what decided or what it would take. Everything not opened by a policy is closed. An actor of one realm is nobody in another, whatever
 * roles it holds: there is no path from a region's role into `/orgs/`.
 */
import {
  type AccessAttributes,
  type AccessDecision,
  type Actor,
  type Authorizer,
  isInternal,
  type ResourceRule,
  type Verb,
} from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Realm, Realms } from '#kernel/realm.ts';
import { type RealmType, realmType } from '#kernel/realm-id.ts';
import { isServed, type KindRegistry } from '#kernel/registry.ts';
import { REVIEW_KINDS } from '#kernel/wire/review-kinds.ts';
import { barOf } from '../identity/people/standing.ts';
import { LEDGER_RESOURCE, type Operation, OperationTable } from './operations-table.ts';
import { type Target, targetOf } from './places.ts';
import type { Decider, Decision } from './policies.ts';
import { policiesOf } from './realm-policies.ts';
import { ALL_VERBS, PROJECT_RESOURCE } from './roles.ts';
import { SELF, SHARED } from './traits.ts';

export interface AuthorizerOptions {
  readonly realms: Pick<Realms, 'use'>;
  readonly registry: KindRegistry;
  readonly clock: Pick<Clock, 'now'>;
}

/** A decision with everything that led to it. */
export interface Explanation extends AccessDecision {
  readonly by: readonly Decider[];
  /** Roles that would allow it; given with a refusal that a role could lift. */
  readonly roles: readonly string[];
  /** Of what a guardrail forbids: the roles that would allow it otherwise. Worked out when somebody asks. */
  readonly rolesBut?: () => readonly string[];
}

export interface AccessAuthorizer extends Authorizer {
  explain(attributes: AccessAttributes): Promise<Explanation>;
}

const settled = (allowed: boolean, reason: string): Explanation => ({ allowed, reason, by: [], roles: [] });
const refuse = (reason: string) => settled(false, reason);

function qualified(group: string, resource: string): string {
  return group === '' ? resource : `${resource}.${group}`;
}

const BUILT_IN_REASONS = {
  self: 'everybody may ask about themselves',
  shared: 'every member of an organization may read what the region shares',
  components: 'a component of Casemate itself',
} as const;

function reasonOf(decider: Decider | undefined): string {
  switch (decider?.kind) {
    case 'RoleBinding': {
      const { role, project, binding } = decider.grant;
      return `role ${role}${project === undefined ? '' : ` in project "${project}"`} by RoleBinding "${binding}"`;
    }
    case 'Guardrail':
      return `Guardrail "${decider.name}" forbids it: ${decider.message}`;
    case 'BuiltIn':
      return BUILT_IN_REASONS[decider.rule];
    default:
      return 'no policy allows it';
  }
}

/** Says only what it takes: who asks and for what is the caller's to say, and a client's message has it already. */
function refusal({ place, traits, resource }: Operation, target: Target, roles: readonly string[]): string {
  if (traits.includes(SELF)) return `${resource} can only be created`;
  if (traits.includes(SHARED)) return `${resource} belong to the region; an organization only reads them`;
  if (roles.length === 0) return 'no role allows it';
  const where = place !== 'project' ? '' : target.project === undefined ? ' in all projects' : ' there';
  return `it takes role ${roles.join(' or ')}${where}; ask an administrator for a RoleBinding`;
}

export function accessAuthorizer({ realms, registry, clock }: AuthorizerOptions): AccessAuthorizer {
  const table = new OperationTable(registry);

  /** What is asked, among the operations of the realm; or why there is no such thing. */
  function find({ realm, actor, verb, group, resource, subresource }: AccessAttributes): Operation | string {
    const type = realmType(realm);
    const name = qualified(group, resource);
    const kind = registry.resource(name);
    const served = kind !== undefined && isServed(kind, type);
    const ledger = !served && resource === LEDGER_RESOURCE;
    const self = REVIEW_KINDS.some((review) => review.resource === name);
    if (!served && !ledger && !self) return `${name} is no resource of ${placeOf(type)}`;
    // The ledger may be asked about in whatever group.
    const asked = ledger ? resource : name;
    if (subresource === undefined) return table.find(type, verb, asked) ?? 'no role allows it';
    if (subresource === 'status' && kind?.status) {
      // Reading it is reading the object. Writing it is what controllers do, and nobody else.
      if (verb === 'get' || isInternal(actor)) return table.find(type, verb, asked) ?? 'no role allows it';
      return `the status of ${name} is written by Casemate’s controllers only`;
    }
    const known = table.find(type, 'get', asked, subresource) !== undefined;
    if (!known) return `${asked} has no subresource "${subresource}"`;
    return table.find(type, verb, asked, subresource) ?? 'no role allows it';
  }

  /** What the object carries, where the question is about one that is there. */
  function labelsOf(
    realm: Realm,
    { kind }: Operation,
    namespace: string | undefined,
    name: string | undefined,
  ) {
    if (!kind || name === undefined || !kind.realms.includes(realm.type)) return undefined;
    const key = kind.scope === 'Project' && namespace !== undefined ? { namespace, name } : { name };
    return realm.view.entry(kind, key)?.labels;
  }

  /** What the policies of the realm say. */
  function ask(realm: Realm, { actor, namespace, name }: AccessAttributes, operation: Operation) {
    const policies = policiesOf(realm);
    const labels =
      policies.sources.guardrails.length === 0 ? undefined : labelsOf(realm, operation, namespace, name);
    const target = targetOf(operation, namespace, name, labels);
    return { policies, target, decision: policies.decide(actor, operation, target, clock.now()) };
  }

  function answer(realm: Realm, attributes: AccessAttributes, operation: Operation): Explanation {
    // Whatever roles still name them.
    const bar = barOf(realm.view, attributes.actor.name);
    if (bar !== undefined) return refuse(bar);
    const { policies, target, decision } = ask(realm, attributes, operation);
    const { allowed, by } = decision;
    if (by[0] !== undefined) {
      const rolesBut = () => policies.rolesFor(operation, target);
      return { allowed, by, reason: reasonOf(by[0]), roles: [], ...(allowed ? {} : { rolesBut }) };
    }
    let roles = lacking.get(decision);
    if (roles === undefined) {
      roles = policies.rolesFor(operation, target);
      lacking.set(decision, roles);
    }
    return { allowed, by, reason: refusal(operation, target, roles), roles };
  }
  /** The roles that a decision that is remembered was for lack of. */
  const lacking = new WeakMap<Decision, readonly string[]>();

  async function explain(attributes: AccessAttributes): Promise<Explanation> {
    const { actor, realm } = attributes;
    if (actor.realm !== realm) {
      return refuse(`credentials of realm ${actor.realm} open nothing in realm ${realm}`);
    }
    const operation = find(attributes);
    if (typeof operation === 'string') return refuse(operation);
    try {
      return await realms.use(realm, (held) => answer(held, attributes, operation));
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return refuse(`realm ${realm} is no more`);
      throw error;
    }
  }

  function rulesIn(realm: Realm, actor: Actor, namespace: string | undefined): ResourceRule[] {
    const barred = barOf(realm.view, actor.name) !== undefined;
    const verbsOf = (resource: Omit<AccessAttributes, 'realm' | 'actor' | 'verb'>): Verb[] =>
      ALL_VERBS.filter((verb) => {
        const attributes = { ...resource, realm: actor.realm, actor, verb };
        const operation = find(attributes);
        return typeof operation !== 'string' && !barred && ask(realm, attributes, operation).decision.allowed;
      });
    const found: ResourceRule[] = REVIEW_KINDS.map(({ group, plural }) => ({
      verbs: ['create'],
      apiGroups: [group],
      resources: [plural],
    }));
    const ledger = verbsOf({ group: '', version: 'v1', resource: LEDGER_RESOURCE });
    if (ledger.length > 0) found.push({ verbs: ledger, apiGroups: [''], resources: [LEDGER_RESOURCE] });
    for (const kind of registry.servedIn(realm.type)) {
      const { group, version, plural } = kind;
      for (const subresource of [undefined, ...Object.keys(kind.subresources ?? {})]) {
        const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
        const base = {
          group,
          version,
          resource: plural,
          ...(subresource === undefined ? {} : { subresource }),
          ...(namespace === undefined || kind.scope === 'Realm' ? {} : { namespace }),
        };
        const verbs = verbsOf(base);
        if (verbs.length > 0) found.push({ verbs, apiGroups: [group], resources: [resource] });
        if (kind.resource !== PROJECT_RESOURCE || namespace === undefined) continue;
        const own = verbsOf({ ...base, name: namespace }).filter((verb) => !verbs.includes(verb));
        if (own.length > 0) {
          found.push({ verbs: own, apiGroups: [group], resources: [resource], resourceNames: [namespace] });
        }
      }
    }
    return found;
  }

  return {
    async decide(attributes) {
      const { allowed, reason } = await explain(attributes);
      return { allowed, reason };
    },
    explain,
    rules: (actor, namespace) => realms.use(actor.realm, (realm) => rulesIn(realm, actor, namespace)),
  };
}

const placeOf = (type: RealmType) => (type === 'region' ? 'the region' : 'an organization');
