/**
 * Decides every question of access from role bindings and the role tables. Everything not opened by a rule is closed.
 * An actor of one realm is nobody in another, whatever roles it holds: there is no path from a region's role into `/orgs/`.
 */
import type {
  AccessAttributes,
  AccessDecision,
  Actor,
  Authorizer,
  ResourceRule,
  Verb,
} from '#kernel/access.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Realm, Realms } from '#kernel/realm.ts';
import { type RealmType, realmType } from '#kernel/realm-id.ts';
import { isServed, isSharedView, type KindRegistry } from '#kernel/registry.ts';
import { type BindingIndex, bindingIndex } from './binding-index.ts';
import { allowedBy, type Grant, PROJECT_RESOURCE, type Question, targetOf } from './grants.ts';
import { isInternal } from './guard.ts';
import { ALL_VERBS, READ_VERBS, ROLE_NAMES, ROLES } from './roles.ts';

export interface RoleAuthorizerOptions {
  readonly realms: Pick<Realms, 'use'>;
  readonly registry: KindRegistry;
}

/** The virtual resource that stands for a realm's logs, in whatever group it is asked about. */
export const LEDGER_RESOURCE = 'ledgers';

/** What everybody who was authenticated may ask about themselves. */
const SELF_REVIEWS: ReadonlyMap<string, readonly string[]> = new Map([
  ['authorization.k8s.io', ['selfsubjectaccessreviews', 'selfsubjectrulesreviews']],
  ['authentication.k8s.io', ['selfsubjectreviews']],
]);

const allow = (reason: string): AccessDecision => ({ allowed: true, reason });
const refuse = (reason: string): AccessDecision => ({ allowed: false, reason });

const isSelfReview = (group: string, resource: string) =>
  SELF_REVIEWS.get(group)?.includes(resource) === true;

function qualified(group: string, resource: string): string {
  return group === '' ? resource : `${resource}.${group}`;
}

function describe(grant: Grant): string {
  const where = grant.project === undefined ? '' : ` in project "${grant.project}"`;
  return `role ${grant.role}${where} by RoleBinding "${grant.binding}"`;
}

/** The roles that would allow what is asked, if somebody held them. */
function rolesFor(question: Question, realm: RealmType): string[] {
  const { target } = question;
  const project =
    target.scope === 'project' ? target.project : target.scope === 'realm' ? target.name : undefined;
  return ROLE_NAMES.filter((role) => {
    if (ROLES[role].realm !== realm) return false;
    const everywhere: Grant = { binding: '', role };
    const narrowed: Grant[] =
      ROLES[role].narrowable && project !== undefined ? [{ ...everywhere, project }] : [];
    return allowedBy([everywhere, ...narrowed], question) !== undefined;
  });
}

/** Says only what it takes: who asks and for what is the caller's to say, and a client's message has it already. */
function refusal(question: Question, realm: RealmType): AccessDecision {
  const roles = rolesFor(question, realm);
  if (roles.length === 0) return refuse('no role allows it');
  const { target } = question;
  const where =
    target.scope !== 'project' ? '' : target.project === undefined ? ' in all projects' : ' there';
  return refuse(`it takes role ${roles.join(' or ')}${where}; ask an administrator for a RoleBinding`);
}

/** What is asked, once the kind is known; or the decision, where no grant matters. */
function questionOf(attributes: AccessAttributes, kind: Kind): Question | AccessDecision {
  const { verb, subresource, namespace } = attributes;
  const name = attributes.name ?? (kind.resource === PROJECT_RESOURCE ? namespace : undefined);
  const question: Question = {
    verb,
    resource: kind.resource,
    secret: kind.secret === true,
    target: targetOf(kind.scope, namespace, name),
  };
  if (subresource === undefined) return question;
  if (subresource === 'status' && kind.status) {
    // Reading it is reading the object. Writing it is what controllers do, and nobody else.
    if (verb === 'get') return question;
    return refuse(`the status of ${kind.resource} is written by Casemate’s controllers only`);
  }
  if (!kind.subresources || !Object.hasOwn(kind.subresources, subresource)) {
    return refuse(`${kind.resource} has no subresource "${subresource}"`);
  }
  return { ...question, subresource };
}

export function roleAuthorizer(options: RoleAuthorizerOptions): Authorizer {
  const { realms, registry } = options;
  const indexes = new WeakMap<Realm, BindingIndex>();

  const grantsIn = (actor: Actor): Promise<readonly Grant[]> =>
    realms.use(actor.realm, (realm) => {
      const index = indexes.get(realm) ?? bindingIndex(realm);
      indexes.set(realm, index);
      return index.grants({ user: actor.name, groups: actor.groups });
    });

  async function answer(question: Question, attributes: AccessAttributes): Promise<AccessDecision> {
    const grant = allowedBy(await grantsIn(attributes.actor), question);
    return grant ? allow(describe(grant)) : refusal(question, realmType(attributes.realm));
  }

  async function decide(attributes: AccessAttributes): Promise<AccessDecision> {
    const { actor, realm, verb, group, resource, subresource } = attributes;
    if (actor.realm !== realm) {
      return refuse(`credentials of realm ${actor.realm} open nothing in realm ${realm}`);
    }
    if (isInternal(actor)) return allow('a component of Casemate itself');
    if (isSelfReview(group, resource)) {
      return verb === 'create' && subresource === undefined
        ? allow('everybody may ask about themselves')
        : refuse(`${resource} can only be created`);
    }
    if (resource === LEDGER_RESOURCE && registry.resource(qualified(group, resource)) === undefined) {
      if (subresource !== undefined) return refuse(`${resource} has no subresource "${subresource}"`);
      return answer({ verb, resource, secret: false, target: { scope: 'ledger' } }, attributes);
    }
    const kind = registry.resource(qualified(group, resource));
    const type = realmType(realm);
    if (!kind || !isServed(kind, type)) {
      return refuse(
        `${qualified(group, resource)} is no resource of ${type === 'region' ? 'the region' : 'an organization'}`,
      );
    }
    if (isSharedView(kind, type)) {
      if (READ_VERBS.includes(verb) && (subresource === undefined || subresource === 'status')) {
        return allow('every member of an organization may read what the region shares');
      }
      return refuse(`${kind.resource} belong to the region; an organization only reads them`);
    }
    const question = questionOf(attributes, kind);
    return 'allowed' in question ? question : answer(question, attributes);
  }

  async function rules(actor: Actor, namespace?: string): Promise<readonly ResourceRule[]> {
    const type = realmType(actor.realm);
    const base = { realm: actor.realm, actor, ...(namespace === undefined ? {} : { namespace }) };
    const found: ResourceRule[] = [...SELF_REVIEWS].map(([group, resources]) => ({
      verbs: ['create'],
      apiGroups: [group],
      resources,
    }));
    const ledger = await decide({
      ...base,
      verb: 'get',
      group: '',
      version: 'v1',
      resource: LEDGER_RESOURCE,
    });
    if (ledger.allowed) found.push({ verbs: ['get'], apiGroups: [''], resources: [LEDGER_RESOURCE] });
    for (const kind of registry.servedIn(type)) {
      for (const subresource of [undefined, ...Object.keys(kind.subresources ?? {})]) {
        const resource = subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
        const verbsFor = async (name?: string): Promise<Verb[]> => {
          const verbs: Verb[] = [];
          for (const verb of ALL_VERBS) {
            const { allowed } = await decide({
              realm: actor.realm,
              actor,
              verb,
              group: kind.group,
              version: kind.version,
              resource: kind.plural,
              ...(subresource === undefined ? {} : { subresource }),
              ...(namespace === undefined || kind.scope === 'Realm' ? {} : { namespace }),
              ...(name === undefined ? {} : { name }),
            });
            if (allowed) verbs.push(verb);
          }
          return verbs;
        };
        const verbs = await verbsFor();
        if (verbs.length > 0) found.push({ verbs, apiGroups: [kind.group], resources: [resource] });
        if (kind.resource !== PROJECT_RESOURCE || namespace === undefined) continue;
        const own = (await verbsFor(namespace)).filter((verb) => !verbs.includes(verb));
        if (own.length > 0) {
          found.push({
            verbs: own,
            apiGroups: [kind.group],
            resources: [resource],
            resourceNames: [namespace],
          });
        }
      }
    }
    return found;
  }

  return {
    async decide(attributes) {
      try {
        return await decide(attributes);
      } catch (error) {
        if (isStatusError(error, 'NotFound')) return refuse(`realm ${attributes.realm} is no more`);
        throw error;
      }
    },
    rules,
  };
}
