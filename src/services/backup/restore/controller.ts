/**
 * Carries out Restores: finds what was saved, has it made again by its source, and holds what was read against the digest that was noted when it was saved. A test lets it go nowhere, and checks the repository as well; how it went is
 * evidence that restores are tried.
 */
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ObjectKey } from '#kernel/realm.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import { writeStatus } from '#services/compute/status.ts';
import { type Acting, actAs } from '../acting.ts';
import { limited } from '../attempt.ts';
import type { Content } from '../engine/protocol.ts';
import { isRepositoryError, type Repository } from '../engine/repository.ts';
import { ATTEMPTS_MAX, attemptAgain_ms, TEST_BYTES_MAX } from '../limits.ts';
import { asObstacle, openRepository } from '../opening.ts';
import type { RepositorySpec } from '../repository-spec.ts';
import { Backup, pathOf } from '../run/backup.ts';
import type { BackupsOptions } from '../run/controller.ts';
import { newestManifest, readManifestOf, type SavedItem } from '../run/manifest.ts';
import { sourceOf } from '../run/select.ts';
import {
  Restore,
  type RestoredItem,
  type RestoreObject,
  type RestoreStatus,
  TEST_CONTROL,
} from './restore.ts';

const MESSAGE_CHARACTERS_MAX = 1_000;

export function restoreController(options: BackupsOptions): Controller {
  return {
    name: 'restores',
    realms: ['organization'],
    kind: Restore,
    concurrency: 8,
    async reconcile(key, context) {
      const restore = context.realm.view.get(Restore, key);
      if (restore === undefined || isDeleting(restore) || restore.status?.finishedAt !== undefined)
        return undefined;
      return attempt(options, key, restore, context);
    },
  };
}

/** Nobody but a person can change it; a test says so at once. */
const FINAL: readonly string[] = [
  'BackupNotFound',
  'NoRepository',
  'WrongPassword',
  'Damaged',
  'NotFound',
  'TooManyAttempts',
  'NothingSaved',
];

const PLACE = ['WrongPassword', 'NoRepository', 'Unreachable', 'Locked', 'Ended'] as const;

async function attempt(
  options: BackupsOptions,
  key: ObjectKey,
  restore: RestoreObject,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { uid } = restore.metadata;
  const again_ms = Date.parse(restore.status?.againAt ?? '') - context.clock.now();
  if (again_ms > 0) return { retryAfter_ms: again_ms };
  try {
    const spec = repositoryFor(restore, context);
    await options.places.alone(spec, () => run(options, key, restore, spec, context));
    return undefined;
  } catch (thrown) {
    context.signal.throwIfAborted();
    const error = asObstacle(thrown);
    if (!(error instanceof Obstacle)) throw error;
    const { reason, message, retryAfter_ms } = error;
    if (reason === 'Unwanted') return undefined;
    if (reason === 'Waiting') {
      await writeStatus(context, Restore, key, uid, {}, { ready: false, reason, message });
      return { retryAfter_ms };
    }
    const now = context.realm.view.get(Restore, key)?.status;
    // What could not even begin counts too.
    const attempts = Math.max(now?.attempts ?? 0, (restore.status?.attempts ?? 0) + 1);
    if (FINAL.includes(reason) || attempts >= ATTEMPTS_MAX) {
      await finish(key, restore, context, { ready: false, reason, message });
      return undefined;
    }
    const wait_ms = attemptAgain_ms(attempts);
    const againAt = rfc3339(context.clock.now() + wait_ms);
    await writeStatus(context, Restore, key, uid, { attempts, againAt }, { ready: false, reason, message });
    return { retryAfter_ms: wait_ms };
  }
}

function repositoryFor({ metadata, spec }: RestoreObject, { realm }: ReconcileContext): RepositorySpec {
  if (spec.repository !== undefined) {
    const { target, password } = spec.repository;
    return { target, password, serviceAccount: spec.serviceAccount ?? '' };
  }
  const backup = realm.view.get(Backup, { namespace: metadata.namespace ?? '', name: spec.backup ?? '' });
  const repository = backup?.status?.repository;
  if (repository === undefined)
    throw new Obstacle('BackupNotFound', `there is no Backup "${spec.backup}" any more`);
  return spec.serviceAccount === undefined
    ? repository
    : { ...repository, serviceAccount: spec.serviceAccount };
}

async function run(
  options: BackupsOptions,
  key: ObjectKey,
  restore: RestoreObject,
  spec: RepositorySpec,
  context: ReconcileContext,
): Promise<void> {
  const { clock, realm } = context;
  const { namespace = '', uid } = restore.metadata;
  const before = restore.status;
  const attempts = (before?.attempts ?? 0) + 1;
  if (attempts > ATTEMPTS_MAX)
    throw new Obstacle('TooManyAttempts', `it was broken off ${ATTEMPTS_MAX} times`);
  const acting = actAs(options.acting, context, { namespace, serviceAccount: spec.serviceAccount });
  await writeStatus(
    context,
    Restore,
    key,
    uid,
    {
      phase: 'Running',
      attempts,
      startedAt: before?.startedAt ?? rfc3339(clock.now()),
      ...(restore.spec.test === true ? { control: TEST_CONTROL } : {}),
    },
    { ready: false, reason: 'Running', message: `attempt ${attempts} of ${ATTEMPTS_MAX}` },
  );
  const isWanted = () => realm.view.entry(Restore, key)?.uid === uid;
  const message = await limited(context, isWanted, async (signal) => {
    const work = new Work(options, key, restore, spec, acting, { ...context, signal });
    try {
      return await work.carryOut();
    } finally {
      work.close();
    }
  });
  await finish(key, restore, context, message);
}

interface Verdict {
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
}

async function finish(
  key: ObjectKey,
  restore: RestoreObject,
  context: ReconcileContext,
  verdict: Verdict,
): Promise<void> {
  const { clock, events } = context;
  const phase = verdict.ready ? 'Succeeded' : 'Failed';
  const isTest = restore.spec.test === true;
  const also = isTest ? { control: TEST_CONTROL } : {};
  await writeStatus(
    context,
    Restore,
    key,
    restore.metadata.uid,
    { phase, finishedAt: rfc3339(clock.now()), againAt: undefined, ...also },
    verdict,
  );
  const what = isTest ? 'RestoreTest' : 'Restore';
  events.record(restore, verdict.ready ? 'Normal' : 'Warning', `${what}${phase}`, verdict.message);
}

class Work {
  readonly #options: BackupsOptions;
  readonly #key: ObjectKey;
  readonly #restore: RestoreObject;
  readonly #spec: RepositorySpec;
  readonly #acting: Acting;
  readonly #context: ReconcileContext;
  #repository: Repository | undefined;
  #items: readonly RestoredItem[] = [];
  /** Items that another attempt would fail with as well. */
  #final = 0;

  constructor(
    options: BackupsOptions,
    key: ObjectKey,
    restore: RestoreObject,
    spec: RepositorySpec,
    acting: Acting,
    context: ReconcileContext,
  ) {
    this.#options = options;
    this.#key = key;
    this.#restore = restore;
    this.#spec = spec;
    this.#acting = acting;
    this.#context = context;
  }

  async carryOut(): Promise<Verdict> {
    const { saved, backedUpAt } = await this.#saved();
    const wanted = this.#wanted(saved);
    const done = new Map(
      (this.#restore.status?.items ?? []).map((item) => [`${item.kind}/${item.as}`, item]),
    );
    this.#items = wanted.map(({ item, as }) => {
      const before = done.get(`${item.kind}/${as}`);
      return before?.phase === 'Restored' || before?.phase === 'Tested'
        ? before
        : { kind: item.kind, name: item.name, as, phase: 'Pending' };
    });
    await this.#note({ backedUpAt });
    for (const { item, as, inPlace } of wanted) {
      const one = this.#items.find((other) => other.kind === item.kind && other.as === as);
      if (one?.phase !== 'Pending') continue;
      await this.#carryOutOne(item, one, inPlace);
    }
    const failed = this.#items.filter(({ phase }) => phase === 'Failed');
    const bytes = this.#items.reduce((total, item) => total + (item.bytes ?? 0), 0);
    if (failed.length > this.#final) {
      throw new Obstacle(
        'TriedAgain',
        `${failed.length} of ${this.#items.length} failed: ${failed[0]?.message ?? ''}`,
      );
    }
    if (failed.length > 0) {
      const why = failed.map(({ kind, name, message }) => `${kind}/${name}: ${message}`).join('; ');
      return { ready: false, reason: 'Failed', message: why.slice(0, 2 * MESSAGE_CHARACTERS_MAX) };
    }
    const { test, readData_percent = 0 } = this.#restore.spec;
    if (test !== true)
      return { ready: true, reason: 'Restored', message: `${bytes} bytes were restored, as they were saved` };
    await (await this.#opened()).check(readData_percent);
    const left = saved.length - this.#items.length;
    return {
      ready: true,
      reason: 'Passed',
      message: `${bytes} bytes of ${this.#items.length} items were read back as they were saved${left > 0 ? ` (${left} more are for other tests)` : ''}; the repository is whole, ${readData_percent} % of its data was read`,
    };
  }

  close(): void {
    this.#repository?.close();
  }

  async #opened(): Promise<Repository> {
    this.#repository ??= await openRepository(this.#options, this.#context, this.#acting, this.#spec, {
      make: false,
      signal: this.#context.signal,
    });
    return this.#repository;
  }

  /** What there is, by the Backup or by what the repository says of itself. */
  async #saved(): Promise<{ readonly saved: readonly SavedItem[]; readonly backedUpAt: string }> {
    const { spec, metadata, status } = this.#restore;
    const namespace = metadata.namespace ?? '';
    if (spec.repository === undefined) {
      const backup = this.#context.realm.view.get(Backup, { namespace, name: spec.backup ?? '' });
      const saved = (backup?.status?.items ?? []).flatMap(
        ({ kind, name, snapshot, bytes = 0, sha256 = '', phase }) =>
          phase === 'Saved' && snapshot !== undefined
            ? [{ kind, name, snapshot, bytes, sha256, path: pathOf(namespace, { kind, name }) }]
            : [],
      );
      if (saved.length === 0)
        throw new Obstacle('NothingSaved', `nothing of Backup "${spec.backup}" was saved`);
      return { saved, backedUpAt: backup?.status?.startedAt ?? '' };
    }
    const repository = await this.#opened();
    const { project, before } = spec.repository;
    const snapshot =
      status?.manifest ??
      (await newestManifest(repository, {
        ...(project === undefined ? {} : { project }),
        ...(before === undefined ? {} : { before_ms: Date.parse(before) }),
      }));
    if (snapshot === undefined)
      throw new Obstacle(
        'NothingSaved',
        'there is no whole backup in that repository, or none of that project by then',
      );
    await this.#note({ manifest: snapshot });
    const manifest = await readManifestOf(repository, snapshot);
    return { saved: manifest.items, backedUpAt: manifest.startedAt };
  }

  #wanted(
    saved: readonly SavedItem[],
  ): readonly { readonly item: SavedItem; readonly as: string; readonly inPlace: boolean }[] {
    const { items, test } = this.#restore.spec;
    if (items !== undefined) {
      return items.map(({ kind, name, as = name, inPlace = false }) => {
        const item = saved.find((one) => one.kind === kind && one.name === name);
        if (item === undefined) throw new Obstacle('NotFound', `that backup has no ${kind}/${name}`);
        return { item, as, inPlace };
      });
    }
    const all = saved.map((item) => ({ item, as: item.name, inPlace: false }));
    if (test !== true) return all;
    // Another one first each time, so that all of a large backup is tried in the end.
    const first = Math.floor(Date.parse(this.#restore.metadata.creationTimestamp) / 1_000) % all.length;
    let bytes = 0;
    return [...all.slice(first), ...all.slice(0, first)].filter(({ item }, index) => {
      bytes += item.bytes;
      return index === 0 || bytes <= TEST_BYTES_MAX;
    });
  }

  async #carryOutOne(item: SavedItem, one: RestoredItem, inPlace: boolean): Promise<void> {
    const { signal } = this.#context;
    const isTest = this.#restore.spec.test === true;
    try {
      const content = isTest ? await this.#readBack(item) : await this.#make(item, one.as, inPlace);
      if (content.sha256 !== item.sha256 || content.bytes !== item.bytes) {
        throw new Obstacle(
          'Damaged',
          `what was read is not what was saved: ${content.bytes} bytes with digest ${content.sha256}, not ${item.bytes} with ${item.sha256}`,
        );
      }
      await this.#mark({ ...one, phase: isTest ? 'Tested' : 'Restored', bytes: content.bytes });
    } catch (thrown) {
      signal.throwIfAborted();
      // Of the repository, not of this one.
      if (isRepositoryError(thrown, ...PLACE)) throw thrown;
      const error = asObstacle(thrown);
      if (isStatusError(error) || error instanceof Obstacle) this.#final += 1;
      const message = (error instanceof Error ? error.message : String(error)).slice(
        0,
        MESSAGE_CHARACTERS_MAX,
      );
      await this.#mark({ ...one, phase: 'Failed', message });
      this.#repository?.close();
      this.#repository = undefined;
    }
  }

  async #readBack({ snapshot, path }: SavedItem): Promise<Content> {
    return (await this.#opened()).digest(snapshot, path);
  }

  async #make(item: SavedItem, as: string, inPlace: boolean): Promise<Content> {
    const source = sourceOf(this.#options.sources, item.kind);
    if (source === undefined) throw new Obstacle('NoSource', 'this region makes no such things');
    const { namespace = '', uid } = this.#restore.metadata;
    const { tar, content } = (await this.#opened()).read(item.snapshot, item.path);
    try {
      const context = this.#acting.source(this.#context.signal, () => {});
      await source.restore(tar, { namespace, name: as, inPlace, run: uid }, context);
    } catch (error) {
      // What broke the tar off says more than that it did.
      if (tar.errored !== null && isRepositoryError(tar.errored)) throw tar.errored;
      throw error;
    } finally {
      tar.destroy();
    }
    return content;
  }

  async #mark(item: RestoredItem): Promise<void> {
    this.#items = this.#items.map((one) => (one.kind === item.kind && one.as === item.as ? item : one));
    await this.#note();
  }

  async #note(fields: Partial<RestoreStatus> = {}): Promise<void> {
    const items = this.#items.length === 0 ? {} : { items: this.#items };
    await writeStatus(this.#context, Restore, this.#key, this.#restore.metadata.uid, { ...fields, ...items });
  }
}
