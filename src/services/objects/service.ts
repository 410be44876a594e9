/** What the objects service hands to the composition root: the kinds, their rules and controllers. What serves objects is a process of its own, asked for when the first bucket is there. */
import type { AccessLog, Authenticator, Authorizer } from '#kernel/access.ts';
import { systemActor } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Random } from '#kernel/random.ts';
import type { ChangeContext, Realm, Realms } from '#kernel/realm.ts';
import { organizationOf, REGION, type RealmId } from '#kernel/realm-id.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import type { Service } from '#kernel/service.ts';
import type { TokenRights } from '#trust/identity/service-accounts/token-rights.ts';
import type { Backends } from '#trust/keys/key/crypt.ts';
import { Key } from '#trust/keys/key/key.ts';
import type { Keyring } from '#trust/keys/keyring.ts';
import { rootedAuthorizer } from '#trust/keys/provider/rooted.ts';
import { AccessKey } from './access-key/access-key.ts';
import { accessKeyController } from './access-key/controller.ts';
import { accessKeyAdmission, keyRights } from './access-key/guard.ts';
import { issueAction } from './access-key/issue.ts';
import { accessKeySecrets } from './access-key/secrets.ts';
import { Bucket } from './bucket/bucket.ts';
import { bucketController } from './bucket/controller.ts';
import { damageWriter } from './bucket/damage.ts';
import { type BucketKeys, bucketKeys } from './bucket/keys.ts';
import { UsageReports } from './bucket/usage.ts';
import { ObjectsProcess, type StartObjects } from './gate/process.ts';
import type { GateCertificate } from './gate/protocol.ts';
import type { GateParts } from './gate/region.ts';
import { type RelayOptions, relayRoute } from './relay/route.ts';

export const OBJECT_KINDS: readonly Kind[] = [Bucket, AccessKey];

/** How the process is run; the region's to know. */
export interface ObjectsServing extends Pick<GateParts, 'beginning' | 'certificateOf'> {
  readonly start: StartObjects;
  /** Where clients find buckets. */
  readonly endpoint: string;
  /** A certificate in place of the one that the process began with. */
  readonly certificate: () => Promise<GateCertificate>;
}

export interface ObjectsServiceOptions {
  readonly keyring: Pick<Keyring, 'material' | 'requireRoot'>;
  readonly backends: Backends;
  /** Who may have tokens of service accounts may have access keys of them. */
  readonly rights: TokenRights;
  readonly serving: ObjectsServing;
  /** The kind of organizations, in the region. */
  readonly organizationKind: Kind;
  /** These are not called before the region is composed. */
  readonly realms: () => Realms;
  readonly authenticator: () => Authenticator;
  /** PEM of who signed the endpoint's certificate. */
  readonly certificateAuthority: RelayOptions['certificateAuthority'];
  readonly authorizer: () => Authorizer;
  readonly accessLog: () => AccessLog;
  readonly clock: Clock;
  readonly random: Pick<Random, 'uuid'>;
  readonly logger: Logger;
}

export function objectsService(options: ObjectsServiceOptions): Service {
  const { keyring, serving, realms, clock } = options;
  const secrets = accessKeySecrets(keyring.material);
  const rights = keyRights(options.rights);
  const keys = recordedKeys(options);
  return {
    name: 'objects',
    kinds: OBJECT_KINDS,
    admissions: [accessKeyAdmission(rights)],
    controllers: [
      bucketController({
        keys,
        endpoint: serving.endpoint,
        engine: () => engineOf(options, keys),
        isOrganizationLeaving: (realm) => isLeaving(realm, options),
      }),
      accessKeyController(secrets),
    ],
    connectors: { [`${AccessKey.resource}/issue`]: issueAction({ realms, rights, secrets, clock }) },
    routes: [relayRoute({ ...options, keys: secrets.relayed, endpoint: serving.endpoint })],
  };
}

/** Each use of a tenant's Key is on record in their access log before it happens. */
function recordedKeys({ keyring, backends, accessLog, random }: ObjectsServiceOptions): BucketKeys {
  return bucketKeys({
    material: keyring.material,
    backends,
    onUse: (realm, { key, use, bucket }) => {
      const actor = systemActor(realm, 'objects');
      const { namespace = '', name } = key.metadata;
      return accessLog().record(realm, {
        actor: actor.name,
        credential: actor.credential,
        verb: 'create',
        resource: `${Key.resource}/${use}`,
        namespace,
        name,
        decision: 'allowed',
        details: { bucket },
        code: 200,
        requestId: random.uuid(),
      }).durable;
    },
  });
}

function engineOf(options: ObjectsServiceOptions, keys: BucketKeys): ObjectsProcess {
  const { keyring, serving, realms, authorizer, accessLog, clock, random, logger } = options;
  const change = (realm: RealmId): ChangeContext => ({
    actor: systemActor(realm, 'objects'),
    via: 'controller',
    requestId: random.uuid(),
  });
  return new ObjectsProcess({
    ...serving,
    realms: realms(),
    authorizer: () => rootedAuthorizer(authorizer(), keyring),
    requireRoot: (realm) => keyring.requireRoot(realm),
    accessLog,
    secrets: accessKeySecrets(keyring.material),
    keys,
    writeDamage: damageWriter({ realms, clock, change }),
    usage: new UsageReports({
      realms,
      clock,
      change,
      onFault: (error) => logger.warn({ error: String(error) }, 'what a bucket holds could not be noted'),
    }),
    clock,
    logger,
  });
}

async function isLeaving(
  { id }: Realm,
  { realms, organizationKind }: ObjectsServiceOptions,
): Promise<boolean> {
  const name = organizationOf(id);
  if (name === undefined) return false;
  return realms().use(REGION, ({ view }) => {
    const organization = view.entry(organizationKind, { name })?.object();
    return organization !== undefined && isDeleting(organization);
  });
}
