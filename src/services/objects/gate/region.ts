/** The region's half of the gate: answers each call of `protocol.ts` with what the organization says at this moment, and tells of its changes. One for each process that serves objects. */
import type { AccessLog, Authorizer } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import { isStatusError, unavailable } from '#kernel/errors.ts';
import type { Realm, Realms, RealmView } from '#kernel/realm.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import type { AccessKeySecrets } from '../access-key/secrets.ts';
import { Bucket, type BucketObject } from '../bucket/bucket.ts';
import type { WriteDamage } from '../bucket/damage.ts';
import { type BucketKeys, noKeyYet } from '../bucket/keys.ts';
import type { UsageReports } from '../bucket/usage.ts';
import { allBuckets } from './all-buckets.ts';
import { checked } from './asked.ts';
import { changeBucket } from './changes.ts';
import type { Handlers } from './channel.ts';
import { Holders, outOfScope } from './holders.ts';
import { bucketsByName } from './indexes.ts';
import { RealmNews } from './news.ts';
import { Organizations } from './organizations.ts';
import {
  BUCKETS_PAGE_MAX,
  type BucketListed,
  type BucketSettings,
  type GateAccessRecord,
  type GateBeginning,
  type GateCalls,
  type GateCertificate,
} from './protocol.ts';

/** Each takes a key and a signature, and anybody may ask. */
const CERTIFICATES_PER_S_MAX = 20;

export interface GateParts {
  readonly realms: Pick<Realms, 'use' | 'list' | 'onLoaded' | 'fresh'>;
  /** Refuses while an organization's own HSM is switched off, as the API does. */
  readonly authorizer: () => Authorizer;
  readonly requireRoot: (realm: RealmId) => Promise<void>;
  readonly accessLog: () => AccessLog;
  readonly secrets: AccessKeySecrets;
  readonly keys: BucketKeys;
  readonly usage: UsageReports;
  readonly writeDamage: WriteDamage;
  /** Where to listen, with which certificate, and what else the process needs. */
  readonly beginning: () => Promise<GateBeginning>;
  readonly certificateOf: (organization: string) => Promise<GateCertificate>;
  readonly clock: Clock;
}

export interface RegionGateOptions extends GateParts {
  readonly onServes: (problem: string | undefined) => void;
  /** Asks the process what a bucket holds. */
  readonly count: (realm: RealmId, uid: string) => Promise<number>;
  /** There is no bucket: the process is to end, unless somebody wants it by now (false). */
  readonly onRest: (wanted: number) => boolean;
  /** How often it was wanted so far. */
  readonly wanted: () => number;
  /** Called with every organization that answers may be others of from now on. */
  readonly onChanged: (realm: RealmId) => void;
}

export interface RegionGate {
  readonly handlers: Handlers<GateCalls>;
  close(): void;
}

export function regionGate(options: RegionGateOptions): RegionGate {
  const { realms, authorizer, requireRoot, accessLog, secrets, keys, usage, clock, count, onServes } =
    options;
  const news = new RealmNews(options.onChanged);
  let names = { second: 0, count: 0 };
  const organizations = new Organizations(realms, clock);

  async function using<T>(id: RealmId, work: (realm: Realm) => Promise<T> | T): Promise<T> {
    await requireRoot(id);
    await realms.fresh(id);
    return realms.use(id, (realm) => {
      news.follow(realm);
      return work(realm);
    });
  }

  const holders = new Holders({ organizations, using, secrets, authorizer, clock });

  /** Null: it is as good as gone, its key is. */
  async function settingsOf(view: RealmView, bucket: BucketObject): Promise<BucketSettings | null> {
    const { keyVersion } = bucket.status ?? {};
    const { uid, name } = bucket.metadata;
    const key = keyVersion === undefined ? undefined : await keys.open(view, bucket, keyVersion);
    if (key === undefined && isDeleting(bucket)) return null;
    if (keyVersion === undefined || key === undefined) throw noKeyYet(name);
    const text = key.toString('base64');
    key.fill(0);
    return {
      uid,
      realm: view.realm,
      project: bucket.metadata.namespace ?? '',
      name,
      spec: bucket.spec,
      created_ms: Date.parse(bucket.metadata.creationTimestamp),
      key: text,
      keyVersion,
      isDeleting: isDeleting(bucket),
    };
  }

  const bucketByUid = (view: RealmView, uid: string): BucketObject | undefined => {
    const found = view.byUid(uid);
    return found?.kind.resource === Bucket.resource ? (found.entry.object() as BucketObject) : undefined;
  };

  async function page({
    realm,
    accessKey,
    address,
    prefix = '',
    after,
  }: Parameters<GateCalls['buckets']>[0]) {
    const { actor, key } = await holders.signer(realm, accessKey, address);
    const entries = await using(realm, ({ view }) => [...bucketsByName(view).values()]);
    const wanted = entries
      .filter(({ name }) => name.startsWith(prefix) && (after === undefined || name > after))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const seen = new Map<string, boolean>();
    const maySee = async (namespace: string, name?: string): Promise<boolean> => {
      const { allowed } = await authorizer().decide({
        realm,
        actor,
        verb: name === undefined ? 'list' : 'get',
        group: Bucket.group,
        version: Bucket.version,
        resource: Bucket.plural,
        namespace,
        ...(name === undefined ? {} : { name }),
      });
      return allowed;
    };
    const buckets: BucketListed[] = [];
    for (const entry of wanted) {
      const { namespace: project = '', name, uid } = entry;
      if (outOfScope(key, 'get', name) !== undefined) continue;
      let all = seen.get(project);
      if (all === undefined) {
        all = await maySee(project);
        seen.set(project, all);
      }
      if (!all && !(await maySee(project, name))) continue;
      if (buckets.length === BUCKETS_PAGE_MAX) return { buckets, more: true };
      buckets.push({ uid, project, name, created_ms: Date.parse(entry.object().metadata.creationTimestamp) });
    }
    return { buckets, more: false };
  }

  const handlers = checked({
    begin: () => options.beginning(),
    serves: ({ problem }) => {
      onServes(problem);
      return { ok: true };
    },
    certificate({ organization }) {
      const second = Math.floor(clock.now() / 1_000);
      if (second !== names.second) names = { second, count: 0 };
      if (++names.count > CERTIFICATES_PER_S_MAX)
        throw unavailable('too many names were asked for at once', 1);
      // Whether there is such an organization is not told to whoever knocks.
      return options.certificateOf(organization);
    },
    holder: ({ accessKey }) => holders.holder(accessKey),
    bucket: ({ realm, name }) =>
      using(realm, ({ view }) => {
        const entry = bucketsByName(view).get(name);
        return entry === undefined ? null : settingsOf(view, entry.object() as BucketObject);
      }).catch(goneAsNull),
    buckets: page,
    decide: (question) => holders.decide(question),
    bucketKey: ({ realm, uid, version }) =>
      using(realm, async ({ view }) => {
        const bucket = bucketByUid(view, uid);
        const key = bucket && (await keys.open(view, bucket, version));
        if (key === undefined) return null;
        const text = key.toString('base64');
        key.fill(0);
        return { key: text };
      }).catch(goneAsNull),
    change: (change) =>
      changeBucket(change, {
        holders,
        using,
        authorizer,
        count,
        writeUsage: (realm, uid, now) => usage.write(realm, uid, now),
      }),
    async record({ records }) {
      const there = new Set<RealmId>();
      for (const realm of new Set(records.map((record) => record.realm))) {
        const isThere = await realms.use(realm, () => true).catch(goneAsNull);
        if (isThere === true) there.add(realm);
      }
      // What was done in an organization that is gone has gone with it.
      const kept = records.filter(({ realm }) => there.has(realm));
      await Promise.all(kept.map((record) => accessLog().record(record.realm, recordOf(record)).durable));
      return { ok: true };
    },
    used({ buckets }) {
      for (const report of buckets) usage.note(report);
      return { ok: true };
    },
    allBuckets: ({ after }) => allBuckets(after, { list: () => realms.list(), using }),
    async rest() {
      const before = options.wanted();
      for (const realm of await realms.list()) {
        // A bucket has a key from before it is served until it is gone, whether its organization's root is at hand or not.
        if (realm !== REGION && (await keys.uids(realm)).length > 0) return { ends: false };
      }
      return { ends: options.onRest(before) };
    },
    async damaged({ realm, uid, ...report }) {
      await options.writeDamage(realm, uid, report);
      return { ok: true };
    },
  });
  return {
    handlers,
    close() {
      news.close();
      organizations.close();
    },
  };
}

const goneAsNull = (error: unknown): null => {
  if (isStatusError(error, 'NotFound')) return null;
  throw error;
};

function recordOf({ realm: _, subresource, project, bucket, ...record }: GateAccessRecord) {
  return {
    ...record,
    resource: `${Bucket.resource}${subresource === '' ? '' : `/${subresource}`}`,
    ...(project === undefined ? {} : { namespace: project }),
    ...(bucket === undefined ? {} : { name: bucket }),
  };
}
