/**
 * The people and groups of an organization as one SCIM client has them: those that it provisions, and nobody else. Everything it does is
 * asked of the authorizer first and decided in the lane like any change through the API, with the client as actor.
 */
import type { Actor, Authorizer, Verb } from '#kernel/access.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { DraftObject, KubeObject } from '#kernel/object.ts';
import type { ChangeContext, Entry, Realm } from '#kernel/realm.ts';
import { Group, type GroupObject } from '../people/group.ts';
import { userNameFrom } from '../people/names.ts';
import type { Provisioner } from '../people/provisioner.ts';
import { User, type UserObject } from '../people/user.ts';
import { isTheirs, provisionerOf, requireAllowed } from './client.ts';
import { exactly, type Filter, matches, parseFilter } from './filter.ts';
import { WRITE_ATTEMPTS_MAX } from './limits.ts';
import {
  annotationsWith,
  groupOut,
  groupResource,
  type Link,
  nameOfGroup,
  nameOfUser,
  userOut,
  userResource,
  userSpec,
  versionOf,
} from './mapping.ts';
import {
  attributeNames,
  GroupSchema,
  type ResourceSchema,
  readResource,
  type ScimGroup,
  type ScimUser,
  UserSchema,
} from './schemas.ts';
import { invalidValue, notThere, ScimError } from './scim-error.ts';

export interface DirectoryParts {
  readonly realm: Realm;
  readonly actor: Actor;
  readonly authorizer: Authorizer;
  readonly requestId: string;
  /** `https://host:port/orgs/acme/scim/v2`. */
  readonly base: string;
  /** The IdentityProvider whose people this client provisions. */
  readonly link: Link | undefined;
}

export type Body = Readonly<Record<string, unknown>>;

/** What an answer shows: with `meta.version` for the ETag. */
export interface Shown {
  readonly id: string;
  readonly meta: { readonly version: string; readonly location: string };
}

export interface ShownPage {
  readonly total: number;
  readonly resources: readonly Shown[];
}

export interface PageWanted {
  readonly filter: string | undefined;
  /** From 1. */
  readonly startIndex: number;
  readonly count: number;
}

/** What a client said it knows of the object: `If-Match`. */
export type IfMatch = string | undefined;

interface Type<Object extends KubeObject> {
  readonly kind: Kind;
  readonly schema: ResourceSchema;
  readonly title: 'User' | 'Group';
  show(object: Object): Shown;
}

const USER_NAMES = attributeNames(UserSchema);
const GROUP_NAMES = attributeNames(GroupSchema);

export class Directory {
  readonly #parts: DirectoryParts;
  readonly #provisioner: Provisioner;
  readonly #users: Type<UserObject>;
  readonly #groups: Type<GroupObject>;
  #groupsRead: readonly GroupObject[] | undefined;

  constructor(parts: DirectoryParts) {
    this.#parts = parts;
    this.#provisioner = provisionerOf(parts.actor);
    const { base } = parts;
    this.#users = {
      kind: User,
      schema: UserSchema,
      title: 'User',
      show: (user) => userOut(user, base, this.#groupsOf(user.metadata.name)),
    };
    this.#groups = {
      kind: Group,
      schema: GroupSchema,
      title: 'Group',
      show: (group) => groupOut(group, base, this.#membersOf(group)),
    };
  }

  get users() {
    return this.#of(this.#users, {
      create: (body) => this.#createUser(readResource<ScimUser>(UserSchema, body)),
      replace: (id, body, ifMatch) =>
        this.#writeUser(id, ifMatch, () => readResource<ScimUser>(UserSchema, body)),
      change: (id, change, ifMatch) =>
        this.#writeUser(id, ifMatch, change as (now: ScimUser) => Promise<ScimUser>),
    });
  }

  get groups() {
    return this.#of(this.#groups, {
      create: (body) => this.#createGroup(readResource<ScimGroup>(GroupSchema, body)),
      replace: (id, body, ifMatch) =>
        this.#writeGroup(id, ifMatch, () => readResource<ScimGroup>(GroupSchema, body)),
      change: (id, change, ifMatch) =>
        this.#writeGroup(id, ifMatch, change as (now: ScimGroup) => Promise<ScimGroup>),
    });
  }

  #of<Object extends KubeObject>(
    type: Type<Object>,
    writes: {
      create(body: Body): Promise<Shown>;
      replace(id: string, body: Body, ifMatch: IfMatch): Promise<Shown>;
      change(id: string, change: (now: object) => Promise<object>, ifMatch: IfMatch): Promise<Shown>;
    },
  ) {
    return {
      ...writes,
      schema: type.schema,
      list: (page: PageWanted) => this.#list(type, page),
      get: async (id: string) => {
        const found = this.#find(type, id);
        await this.#allowed('get', type.kind, found.metadata.name);
        return type.show(found);
      },
      remove: (id: string, ifMatch: IfMatch) => this.#remove(type, id, ifMatch),
    };
  }

  get #change(): ChangeContext {
    const { actor, requestId } = this.#parts;
    return { actor, via: 'scim', requestId };
  }

  #allowed(verb: Verb, kind: Kind, name?: string): Promise<void> {
    const { authorizer, realm, actor } = this.#parts;
    return requireAllowed(authorizer, realm.id, actor, verb, kind, name);
  }

  #find<Object extends KubeObject>({ kind, title }: Type<Object>, id: string): Object {
    const found = this.#parts.realm.view.byUid(id);
    const object = found?.kind.resource === kind.resource ? found.entry.object() : undefined;
    if (!object || !isTheirs(object, this.#parts.actor)) throw notThere(title, id);
    return object as Object;
  }

  *#theirs<Object extends KubeObject>(kind: Kind, entries?: Iterable<Entry>): Generator<Object> {
    const { realm, actor } = this.#parts;
    const mark = JSON.stringify(this.#provisioner.serviceAccount);
    for (const entry of entries ?? realm.view.entries(kind)) {
      // A look at the bytes spares parsing everybody else's.
      if (!entry.bytes.includes(mark)) continue;
      const object = entry.object();
      if (isTheirs(object, actor)) yield object as Object;
    }
  }

  #groupsOf(user: string): readonly GroupObject[] {
    this.#groupsRead ??= [...this.#theirs<GroupObject>(Group)];
    return this.#groupsRead.filter(({ spec }) => spec?.members?.includes(user));
  }

  #membersOf({ spec }: GroupObject): readonly UserObject[] {
    const { view } = this.#parts.realm;
    const entries = (spec?.members ?? []).flatMap((name) => view.entry(User, { name }) ?? []);
    return [...this.#theirs<UserObject>(User, entries)];
  }

  async #list<Object extends KubeObject>(type: Type<Object>, page: PageWanted): Promise<ShownPage> {
    await this.#allowed('list', type.kind);
    const names = type.title === 'User' ? USER_NAMES : GROUP_NAMES;
    const filter = page.filter === undefined ? undefined : parseFilter(page.filter, names, type.schema.id);
    const resources: Shown[] = [];
    let total = 0;
    for (const object of this.#theirs<Object>(type.kind, this.#candidates(type, filter))) {
      const shown = filter ? type.show(object) : undefined;
      if (filter && !matches(filter, shown)) continue;
      total += 1;
      if (total >= page.startIndex && resources.length < page.count)
        resources.push(shown ?? type.show(object));
    }
    return { total, resources };
  }

  /** Where a filter asks for one name or id, nobody else need be looked at. */
  #candidates<Object extends KubeObject>(
    { kind, title }: Type<Object>,
    filter: Filter | undefined,
  ): readonly Entry[] | undefined {
    if (!filter) return undefined;
    const { view } = this.#parts.realm;
    const userName = title === 'User' ? exactly(filter, 'username') : undefined;
    if (userName !== undefined) {
      const name = userNameFrom(userName);
      return name === undefined ? [] : [view.entry(kind, { name }) ?? []].flat();
    }
    const id = exactly(filter, 'id');
    const found = id === undefined ? undefined : view.byUid(id);
    if (id === undefined) return undefined;
    return found?.kind.resource === kind.resource ? [found.entry] : [];
  }

  async #createUser(wanted: ScimUser): Promise<Shown> {
    await this.#allowed('create', User);
    const draft = {
      apiVersion: User.apiVersion,
      kind: User.kind,
      metadata: { name: nameOfUser(wanted.userName), annotations: annotationsWith(undefined, wanted) },
      spec: userSpec(wanted, this.#provisioner, this.#parts.link),
    };
    const { object } = await this.#parts.realm.resources.create(User, undefined, draft, this.#change);
    return this.#users.show(object as UserObject);
  }

  #writeUser(
    id: string,
    ifMatch: IfMatch,
    change: (now: ScimUser) => ScimUser | Promise<ScimUser>,
  ): Promise<Shown> {
    return this.#write(this.#users, id, ifMatch, async (user) => {
      const resource = userResource(user, this.#parts.base);
      const wanted = await change(resource);
      if (nameOfUser(wanted.userName) !== user.metadata.name) {
        throw new ScimError(
          400,
          'mutability',
          'userName: cannot change; role bindings name it. Remove the person and make another',
        );
      }
      return {
        ...user,
        metadata: { ...user.metadata, annotations: annotationsWith(user, wanted) },
        spec: userSpec(wanted, this.#provisioner, this.#parts.link, { spec: user.spec, resource }),
      };
    });
  }

  /** Names of the people that a client means; throws for those whom it does not provision. */
  #memberNames({ members = [] }: ScimGroup): readonly string[] {
    return [...new Set(members.map(({ value }) => value))].map((id) => {
      const found = this.#parts.realm.view.byUid(id);
      const user = found?.kind.resource === User.resource ? found.entry.object() : undefined;
      if (!user || !isTheirs(user, this.#parts.actor)) {
        throw invalidValue(`members: there is no User "${id.slice(0, 64)}" that this client provisions`);
      }
      return user.metadata.name;
    });
  }

  async #createGroup(wanted: ScimGroup): Promise<Shown> {
    await this.#allowed('create', Group);
    const { displayName } = wanted;
    const draft = {
      apiVersion: Group.apiVersion,
      kind: Group.kind,
      metadata: { name: nameOfGroup(displayName), annotations: annotationsWith(undefined, wanted) },
      spec: { displayName, members: this.#memberNames(wanted), provisionedBy: this.#provisioner },
    };
    const { object } = await this.#parts.realm.resources.create(Group, undefined, draft, this.#change);
    return this.#groups.show(object as GroupObject);
  }

  #writeGroup(
    id: string,
    ifMatch: IfMatch,
    change: (now: ScimGroup) => ScimGroup | Promise<ScimGroup>,
  ): Promise<Shown> {
    return this.#write(this.#groups, id, ifMatch, async (group) => {
      const theirs = this.#membersOf(group);
      const wanted = await change(groupResource(group, this.#parts.base, theirs));
      const known = new Set(theirs.map(({ metadata }) => metadata.name));
      // Members whom the client does not provision it does not see, and cannot drop.
      const others = (group.spec?.members ?? []).filter((name) => !known.has(name));
      return {
        ...group,
        metadata: { ...group.metadata, annotations: annotationsWith(group, wanted) },
        spec: {
          ...group.spec,
          displayName: wanted.displayName,
          members: [...others, ...this.#memberNames(wanted)],
        },
      };
    });
  }

  /** Reads, changes and writes; begins again where somebody else was faster, unless the client said what it knows. */
  async #write<Object extends KubeObject>(
    type: Type<Object>,
    id: string,
    ifMatch: IfMatch,
    change: (current: Object) => Promise<DraftObject>,
  ): Promise<Shown> {
    const { resources } = this.#parts.realm;
    for (let attempt = 1; ; attempt++) {
      const current = this.#find(type, id);
      const { name } = current.metadata;
      await this.#allowed('update', type.kind, name);
      requireMatch(current, ifMatch);
      const next = await change(current);
      try {
        const { object } = await resources.update(type.kind, { name }, next, this.#change);
        this.#groupsRead = undefined;
        return type.show(object as Object);
      } catch (error) {
        if (!isStatusError(error, 'Conflict') || attempt === WRITE_ATTEMPTS_MAX) throw error;
      }
    }
  }

  async #remove<Object extends KubeObject>(type: Type<Object>, id: string, ifMatch: IfMatch): Promise<void> {
    const { realm } = this.#parts;
    const { metadata } = requireMatch(this.#find(type, id), ifMatch);
    const { name, uid, resourceVersion } = metadata;
    await this.#allowed('delete', type.kind, name);
    const preconditions = ifMatch === undefined ? { uid } : { uid, resourceVersion };
    await realm.resources.delete(type.kind, { name }, this.#change, { preconditions });
  }
}

/** Throws 412 where a client knows another state than this. */
function requireMatch<Object extends KubeObject>(object: Object, ifMatch: IfMatch): Object {
  if (ifMatch === undefined || ifMatch === '*') return object;
  const known = ifMatch.split(',').map((one) => one.trim().replace(/^W\//, ''));
  if (known.includes(versionOf(object).replace(/^W\//, ''))) return object;
  throw new ScimError(412, undefined, 'If-Match: it was changed since; read it again');
}
