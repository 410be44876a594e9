/** Who signs with an access key, and what they may do: asked of the organization each time. What was deleted, ended or disabled counts no more from that commit on. */
import type { Actor, Authorizer, Verb } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import { isStatusError, StatusError } from '#kernel/errors.ts';
import type { Realm, RealmView } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { barOf } from '#trust/identity/people/standing.ts';
import type { AccessKeyObject } from '../access-key/access-key.ts';
import { holderOf, personOf } from '../access-key/holders.ts';
import type { AccessKeySecrets } from '../access-key/secrets.ts';
import { Bucket } from '../bucket/bucket.ts';
import type { Relayed } from '../relay/relayed-key.ts';
import { accessKeysById } from './indexes.ts';
import type { Organizations } from './organizations.ts';
import type { KeyHolder, Question } from './protocol.ts';

export interface Signer {
  readonly actor: Actor;
  readonly key: AccessKeyObject;
}

export interface HoldersOptions {
  readonly organizations: Organizations;
  /** Runs in the realm, which news are told of from then on. */
  readonly using: <T>(realm: RealmId, work: (realm: Realm) => Promise<T> | T) => Promise<T>;
  readonly secrets: AccessKeySecrets;
  readonly authorizer: () => Pick<Authorizer, 'decide'>;
  readonly clock: Pick<Clock, 'now'>;
}

const READS: readonly Verb[] = ['get', 'list'];
const REFUSED = 'the access key is of nobody here, or has ended';

/** Who signs with it, as of a view; undefined: nobody. */
function signerIn(view: RealmView, id: string, now_ms: number): Signer | undefined {
  const key = accessKeysById(view).get(id)?.object() as AccessKeyObject | undefined;
  if (key?.status?.issuedAt === undefined || isDeleting(key)) return undefined;
  if (key.spec.expires !== undefined && Date.parse(key.spec.expires) <= now_ms) return undefined;
  const holder = holderOf(view, key);
  if (holder === undefined || holder.uid !== key.status.holderUid) return undefined;
  if (barOf(view, holder.name) !== undefined) return undefined;
  const { name, groups } = holder;
  const actor: Actor = { realm: view.realm, name, groups, credential: `access-key:${id}`, strength: 'token' };
  return { actor, key };
}

/** Who came through the API, as of a view; undefined: it is over, or they are nobody here any more. */
function relayedIn(view: RealmView, relayed: Relayed, now_ms: number): Actor | undefined {
  const { name, credential, strength, authenticatedAt, address, expires_ms } = relayed;
  if (expires_ms <= now_ms) return undefined;
  const holder = personOf(view, name);
  if (holder === undefined || barOf(view, name) !== undefined) return undefined;
  return {
    realm: view.realm,
    name,
    groups: holder.groups,
    credential,
    ...(strength === undefined ? {} : { strength }),
    ...(authenticatedAt === undefined ? {} : { authenticatedAt }),
    ...(address === undefined ? {} : { address }),
  };
}

/** Why the key's own scope is too narrow; undefined: it is not. */
export function outOfScope({ spec }: AccessKeyObject, verb: Verb, bucket: string): string | undefined {
  const { buckets, readOnly } = spec.scope ?? {};
  if (readOnly === true && !READS.includes(verb)) return 'the access key only reads';
  if (buckets !== undefined && !buckets.includes(bucket))
    return `the access key is not for bucket "${bucket}"`;
  return undefined;
}

export class Holders {
  readonly #options: HoldersOptions;

  constructor(options: HoldersOptions) {
    this.#options = options;
  }

  async holder(accessKey: string): Promise<KeyHolder | null> {
    const { organizations, using, secrets, clock } = this.#options;
    const relayed = await secrets.relayed.read(accessKey);
    if (relayed !== undefined) return this.#relayedHolder(relayed);
    for (const realm of await organizations.of(accessKey)) {
      const found = await using(realm, ({ view }) => signerIn(view, accessKey, clock.now())).catch(
        goneAsUndefined,
      );
      if (found === undefined) continue;
      const { actor, key } = found;
      const secret = await secrets.get(realm, key.metadata.uid);
      if (secret === undefined) continue;
      const { expires, scope } = key.spec;
      return {
        realm,
        name: actor.name,
        groups: actor.groups,
        credential: `${key.metadata.namespace}/${key.metadata.name}`,
        secret,
        ...(expires === undefined ? {} : { expires_ms: Date.parse(expires) }),
        ...(scope === undefined ? {} : { scope }),
      };
    }
    return null;
  }

  async #relayedHolder(relayed: Relayed & { readonly secret: string }): Promise<KeyHolder | null> {
    const { realm, expires_ms, secret } = relayed;
    const actor = await this.#relayedActor(relayed);
    if (actor === undefined) return null;
    const { name, groups, credential, address } = actor;
    const known = { realm, name, groups, credential, secret, expires_ms };
    return address === undefined ? known : { ...known, address };
  }

  #relayedActor(relayed: Relayed): Promise<Actor | undefined> {
    const { using, clock } = this.#options;
    return using(relayed.realm, ({ view }) => relayedIn(view, relayed, clock.now())).catch(goneAsUndefined);
  }

  /** Throws Unauthorized where nobody signs with it. */
  signer(realm: RealmId, accessKey: string, address?: string): Promise<Signer> {
    return this.#options.using(realm, ({ view }) => {
      const found = signerIn(view, accessKey, this.#options.clock.now());
      if (found === undefined) throw new StatusError('Unauthorized', REFUSED);
      return address === undefined ? found : { ...found, actor: { ...found.actor, address } };
    });
  }

  async decide(question: Question): Promise<{ readonly allowed: boolean; readonly reason: string }> {
    const { realm, accessKey, verb, subresource, project, bucket, address } = question;
    const relayed = await this.#options.secrets.relayed.read(accessKey);
    const signer =
      relayed === undefined
        ? await this.signer(realm, accessKey, address).catch(refusedAsUndefined)
        : { actor: relayed.realm === realm ? await this.#relayedActor(relayed) : undefined, key: undefined };
    if (signer?.actor === undefined) return { allowed: false, reason: REFUSED };
    const narrow = signer.key === undefined ? undefined : outOfScope(signer.key, verb, bucket);
    if (narrow !== undefined) return { allowed: false, reason: narrow };
    return this.#options.authorizer().decide({
      realm,
      actor: signer.actor,
      verb,
      group: Bucket.group,
      version: Bucket.version,
      resource: Bucket.plural,
      ...(subresource === undefined ? {} : { subresource }),
      namespace: project,
      name: bucket,
    });
  }
}

const goneAsUndefined = (error: unknown): undefined => {
  if (!isStatusError(error, 'NotFound')) throw error;
};

const refusedAsUndefined = (error: unknown): undefined => {
  if (!isStatusError(error, 'Unauthorized') && !isStatusError(error, 'NotFound')) throw error;
};
