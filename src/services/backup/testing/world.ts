/** An organization with plans, and what carries them out, over a repository in memory and a source that keeps texts. Tests only. */
import { Readable } from 'node:stream';
import type { Actor } from '#kernel/access.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import type { Admission, Kind } from '#kernel/kind.ts';
import type { DraftObject } from '#kernel/object.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { type Disturber, instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { keyRights } from '#services/objects/access-key/guard.ts';
import { issueAction } from '#services/objects/access-key/issue.ts';
import { accessKeySecrets } from '#services/objects/access-key/secrets.ts';
import { Bucket } from '#services/objects/bucket/bucket.ts';
import { OBJECT_KINDS } from '#services/objects/service.ts';
import { Secret } from '#services/tenancy/secret.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { ServiceAccount } from '#trust/identity/service-accounts/service-account.ts';
import { tokenRights } from '#trust/identity/service-accounts/token-rights.ts';
import { KEY_KINDS } from '#trust/keys/service.ts';
import { ACME, type TrustFixture, trustFixture } from '#trust/testing/fixture.ts';
import { Project, SAMPLE_KINDS } from '#trust/testing/kinds.ts';
import { backupAdmission } from '../admission.ts';
import { Places } from '../opening.ts';
import { BackupPlan, type BackupPlanObject } from '../plan/backup-plan.ts';
import { backupPlanController } from '../plan/controller.ts';
import { restoreController } from '../restore/controller.ts';
import { Restore, type RestoreObject } from '../restore/restore.ts';
import { Backup, type BackupObject } from '../run/backup.ts';
import { type BackupsOptions, backupController } from '../run/controller.ts';
import { BACKUP_KINDS } from '../service.ts';
import type { BackupSource } from '../sources/source.ts';
import { Shelf } from './shelf.ts';

export const PROJECT = 'lab';
const ENDPOINT = 'https://s3.lux.casemate.internal:7480';
const PASSES_MAX = 40;

/** Of buckets: a text each; restored ones under their names. */
export class Texts {
  readonly held = new Set<string>();
  readonly texts = new Map<string, string>();

  readonly source: BackupSource = {
    kind: Bucket,
    hold: async ({ object: { metadata }, run }) => {
      if (!this.texts.has(metadata.name)) throw new Error(`${metadata.name} cannot be read`);
      this.held.add(`${metadata.name} for ${run}`);
    },
    open: async ({ object }) => Readable.from([Buffer.from(this.texts.get(object.metadata.name) ?? '')]),
    release: async ({ object, run }) => void this.held.delete(`${object.metadata.name} for ${run}`),
    restore: async (tar, { name }) => {
      if (tar.readableEnded) throw new Error('somebody else has read it');
      let text = '';
      for await (const chunk of tar) text += String(chunk);
      this.texts.set(name, text);
    },
  };
}

export interface BackupWorld {
  readonly region: TrustFixture;
  readonly shelf: Shelf;
  readonly texts: Texts;
  readonly alice: Actor;
  make(kind: Kind, name: string, spec: object, by?: Actor): Promise<void>;
  remove(kind: Kind, name: string, by?: Actor): Promise<void>;
  backup(name: string): Promise<BackupObject | undefined>;
  backups(): Promise<readonly BackupObject[]>;
  restore(name: string): Promise<RestoreObject | undefined>;
  restores(): Promise<readonly RestoreObject[]>;
  plan(name?: string): Promise<BackupPlanObject | undefined>;
  /** Has everything looked at until nobody wants to be looked at again within a minute, or says so for a later time. */
  settle(): Promise<void>;
  /** One look at everything; whether all that was asked for has ended. */
  pass(): Promise<'again' | 'settled'>;
  /** What lived in memory is made anew. */
  restart(): void;
  close(): Promise<void>;
}

/** `disturber` stands between controllers and the repository, the source and the realm. */
export async function backupWorld(disturber?: Disturber): Promise<BackupWorld> {
  const late: { admission?: Admission } = {};
  const kinds = [
    ...SAMPLE_KINDS.filter(({ resource }) => resource !== Secret.resource),
    Secret,
    ...KEY_KINDS,
    ...OBJECT_KINDS,
    ...BACKUP_KINDS,
  ];
  const region = await trustFixture(kinds, [(request) => late.admission?.(request)]);
  const { realms, clock, keyring } = region;
  const rights = tokenRights({ registry: () => region.registry, clock });
  late.admission = backupAdmission(rights);
  await region.make(ACME, Project, { metadata: { name: PROJECT } });
  await region.bind(ACME, 'alice', 'organization-admin', 'alice');
  const alice = await region.person(ACME, 'alice');
  await region.make(ACME, ServiceAccount, { metadata: { name: 'backup' } }, PROJECT);
  const subjects = [{ kind: 'ServiceAccount', name: 'backup', project: PROJECT }];
  await region.make(ACME, RoleBinding, {
    metadata: { name: 'backup' },
    spec: { role: 'project-editor', project: PROJECT, subjects },
  });
  const [shelf, texts] = [new Shelf(clock), new Texts()];
  const secrets = accessKeySecrets(keyring.material);
  const disturbed = <T extends object>(engine: T, name: string, only: readonly (keyof T & string)[]): T =>
    disturber === undefined ? engine : instrument(engine, disturber, { name, only });
  const OPERATIONS = ['save', 'snapshots', 'forget', 'prune', 'digest', 'check'] as const;
  const controllers = () => {
    const options: BackupsOptions = {
      endpoint: ENDPOINT,
      certificateAuthority: async () => '',
      open: async (...asked) => disturbed(await shelf.open(...asked), 'repository', OPERATIONS),
      sources: [disturbed(texts.source, 'source', ['hold', 'open', 'release', 'restore'])],
      places: new Places(ENDPOINT),
      acting: {
        authorizer: () => region.authorizer,
        accessLog: () => realms.access,
        secrets,
        issue: issueAction({ realms: () => realms, rights: keyRights(rights), secrets, clock }),
      },
    };
    return [backupPlanController(options), backupController(options), restoreController(options)];
  };
  let running = controllers();
  const at = (name: string) => ({ namespace: PROJECT, name });
  const get = <K extends Kind>(kind: K, name: string) =>
    realms.use(ACME, ({ view }) => view.get(kind, at(name)));
  const list = <K extends Kind>(kind: K) => realms.use(ACME, ({ view }) => view.list(kind, PROJECT));
  const as = (actor: Actor) => ({ ...region.context(ACME), actor });

  /** The shortest time that anybody asked to be looked at again after; undefined: nobody did. */
  async function look(): Promise<number | undefined> {
    let soonest: number | undefined;
    const { realm, release } = await realms.acquire(ACME);
    try {
      for (const controller of running) {
        const context: ReconcileContext = {
          ...testContext(region, realm, controller.name),
          ...(disturber === undefined ? {} : { realm: instrumentRealm(realm, disturber) }),
        };
        for (const { namespace, name } of [...realm.view.entries(controller.kind, PROJECT)]) {
          const again = await controller.reconcile({ namespace: namespace ?? '', name }, context);
          if (again !== undefined) soonest = Math.min(soonest ?? again.retryAfter_ms, again.retryAfter_ms);
        }
      }
    } finally {
      release();
    }
    return soonest;
  }

  const isAtRest = async () =>
    (await list(Backup)).every(
      (backup) =>
        !isDeleting(backup) && ['Succeeded', 'Incomplete', 'Failed'].includes(backup.status?.phase ?? ''),
    ) && (await list(Restore)).every(({ status }) => status?.finishedAt !== undefined);

  const world: BackupWorld = {
    region,
    shelf,
    texts,
    alice,
    async make(kind, name, spec, by = alice) {
      await region.makeAs(by, kind, { metadata: { name }, spec } as DraftObject, PROJECT);
    },
    remove: (kind, name, by = alice) =>
      realms.use(ACME, async ({ resources }) => {
        await resources.delete(kind, at(name), as(by));
      }),
    backup: (name) => get(Backup, name),
    backups: () => list(Backup),
    restore: (name) => get(Restore, name),
    restores: () => list(Restore),
    plan: (name = 'nightly') => get(BackupPlan, name),
    async settle() {
      for (let passes = 0; passes < PASSES_MAX; passes++) {
        const before = await realms.use(ACME, ({ view }) => view.revision);
        const soonest = await look();
        const after = await realms.use(ACME, ({ view }) => view.revision);
        if (before === after && (await isAtRest())) return;
        if (before === after && soonest !== undefined) await clock.leap(soonest);
      }
      throw new Error(`not settled after ${PASSES_MAX} looks`);
    },
    async pass() {
      const before = await realms.use(ACME, ({ view }) => view.revision);
      const soonest = await look();
      const after = await realms.use(ACME, ({ view }) => view.revision);
      if (before === after && (await isAtRest())) return 'settled';
      if (before === after && soonest !== undefined) await clock.leap(soonest);
      return 'again';
    },
    restart() {
      running = controllers();
    },
    close: () => region.close(),
  };
  return world;
}

/** A plan of all buckets, into the bucket `archive`; both are made. */
export async function planned(world: BackupWorld, spec: object = {}): Promise<void> {
  for (const name of ['archive', 'photos']) await world.make(Bucket, name, {});
  world.texts.texts.set('photos', 'as they were');
  await world.make(BackupPlan, 'nightly', {
    what: { buckets: {} },
    target: { bucket: 'archive' },
    serviceAccount: 'backup',
    ...spec,
  });
}
