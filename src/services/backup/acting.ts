/**
 * What backups do as the service account that a plan names: who that is at this moment, what it may, and the access key that it reads and writes objects with. Its secret never leaves the
 * region and what it started.
 */
import type { AccessLog, Actor, Authorizer } from '#kernel/access.ts';
import type { ActionConnector } from '#kernel/connect.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ChangeContext, RealmView } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { authorize } from '#kernel/wire/authorize.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import { AccessKey, type AccessKeyObject } from '#services/objects/access-key/access-key.ts';
import { holderOf } from '#services/objects/access-key/holders.ts';
import { accessKeyId } from '#services/objects/access-key/ids.ts';
import type { AccessKeySecrets } from '#services/objects/access-key/secrets.ts';
import { Secret, type SecretObject } from '#services/tenancy/secret.ts';
import { BACKUP_GROUP } from './group.ts';
import type { S3Credentials, SourceContext } from './sources/source.ts';

const FIELD_MANAGER = 'backup';
const NAME_MAX = 253;
/** On access keys that are made here. */
export const OWN_KEY_LABEL = `${BACKUP_GROUP}/access-key`;

export interface ActingOptions {
  readonly authorizer: () => Authorizer;
  readonly accessLog: () => AccessLog;
  readonly secrets: AccessKeySecrets;
  /** Gives an access key its secret, as the action of that name does. */
  readonly issue: ActionConnector;
}

export interface Acting {
  readonly actor: Actor;
  readonly change: ChangeContext;
  /** Throws Obstacle `Forbidden`. */
  readonly require: SourceContext['require'];
  accessKey(): Promise<S3Credentials>;
  /** What a Secret holds by its keys; each reading is on record. Throws Obstacle when it, or one of these keys, is not there. */
  secret<Key extends string>(name: string, keys: readonly Key[]): Promise<Readonly<Record<Key, string>>>;
  source(signal: AbortSignal, warn: (text: string) => void): SourceContext;
}

/** Throws Obstacle when there is no such account. */
export function actAs(
  options: ActingOptions,
  context: ReconcileContext,
  { namespace, serviceAccount }: { readonly namespace: string; readonly serviceAccount: string },
): Acting {
  const { realm, change, clock } = context;
  const actor = actorOf(realm.view, namespace, serviceAccount);
  if (actor === undefined) {
    throw new Obstacle(
      'NoServiceAccount',
      `there is no service account "${serviceAccount}" in project "${namespace}": make it, and give it a role that reads what is backed up and writes to the target`,
    );
  }
  const own: ChangeContext = {
    actor,
    via: 'controller',
    requestId: change.requestId,
    fieldManager: FIELD_MANAGER,
  };
  const require: SourceContext['require'] = async (verb, kind, key, subresource) => {
    try {
      await authorize(options.authorizer(), realm.id, actor, verb, kind, {
        ...key,
        ...(subresource === undefined ? {} : { subresource }),
      });
    } catch (error) {
      if (isStatusError(error, 'Forbidden')) throw new Obstacle('Forbidden', error.message);
      throw error;
    }
  };
  let key: Promise<S3Credentials> | undefined;
  const acting: Acting = {
    actor,
    change: own,
    require,
    accessKey: () => {
      key ??= ownAccessKey(options, context, namespace, serviceAccount);
      return key;
    },
    async secret(name, keys) {
      const at = { namespace, name };
      await require('get', Secret, at);
      const { data = {} } = (realm.view.get(Secret, at) ?? {}) as Partial<SecretObject>;
      for (const one of keys) {
        if (data[one] === undefined) {
          throw new Obstacle('SecretMissing', `Secret "${name}" is not there, or has no key ${one}`);
        }
      }
      await recordReading(options, realm.id, own, at).durable;
      return Object.fromEntries(
        keys.map((one) => [one, Buffer.from(data[one] ?? '', 'base64').toString('utf8')]),
      ) as Record<(typeof keys)[number], string>;
    },
    source: (signal, warn) => ({
      realm,
      change: own,
      require,
      accessKey: () => acting.accessKey(),
      warn,
      clock,
      signal,
    }),
  };
  return acting;
}

export function actorOf(view: RealmView, namespace: string, serviceAccount: string): Actor | undefined {
  const metadata = { namespace, name: serviceAccount } as AccessKeyObject['metadata'];
  const holder = holderOf(view, { metadata, spec: { serviceAccount } });
  if (holder === undefined) return undefined;
  return {
    realm: view.realm,
    name: holder.name,
    groups: holder.groups,
    credential: `backup:${namespace}/${serviceAccount}`,
    strength: 'token',
  };
}

const recordReading = (
  { accessLog }: ActingOptions,
  realm: RealmId,
  { actor, requestId }: ChangeContext,
  { namespace, name }: { readonly namespace: string; readonly name: string },
) =>
  accessLog().record(realm, {
    actor: actor.name,
    credential: actor.credential,
    verb: 'get',
    resource: Secret.resource,
    namespace,
    name,
    decision: 'allowed',
    code: 200,
    requestId,
  });

/** One for each service account that acts; made when it is missing. It ends with the account, as all of its keys do. */
async function ownAccessKey(
  { secrets, issue }: ActingOptions,
  { realm, change, signal }: ReconcileContext,
  namespace: string,
  serviceAccount: string,
): Promise<S3Credentials> {
  const at = { namespace, name: `backup-${serviceAccount}`.slice(0, NAME_MAX) };
  const read = () => realm.view.get(AccessKey, at) as AccessKeyObject | undefined;
  if (read() === undefined) {
    try {
      await realm.resources.create(
        AccessKey,
        namespace,
        {
          apiVersion: AccessKey.apiVersion,
          kind: AccessKey.kind,
          metadata: { name: at.name, labels: { [OWN_KEY_LABEL]: 'true' } },
          spec: { serviceAccount },
        },
        change,
      );
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    }
  }
  const key = read();
  if (
    key === undefined ||
    isDeleting(key) ||
    key.spec.serviceAccount !== serviceAccount ||
    key.spec.scope !== undefined
  ) {
    throw new Obstacle(
      'AccessKeyTaken',
      `access key "${at.name}" is somebody else’s, narrower, or about to go: delete it, and another is made`,
    );
  }
  const { uid } = key.metadata;
  if (key.status?.issuedAt === undefined) {
    try {
      await issue.call({
        realm: realm.id,
        actor: change.actor,
        object: key,
        query: new URLSearchParams(),
        body: {},
        signal,
        requestId: change.requestId,
      });
    } catch (error) {
      // Its secret was made, and whoever made it did not live to say so.
      if (!isStatusError(error, 'Conflict')) throw error;
      await realm.resources.delete(AccessKey, at, change, { preconditions: { uid } });
      throw new Obstacle('AccessKeyBroken', `access key "${at.name}" was made anew`);
    }
  }
  const secret = await secrets.get(realm.id, uid);
  if (secret === undefined)
    throw new Obstacle('AccessKeyBroken', `access key "${at.name}" has no secret: delete it`);
  return { accessKey: accessKeyId(realm.id, uid), secret };
}
