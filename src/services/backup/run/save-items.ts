/** The work of one attempt of a run: all that is not saved yet is held, saved, let go of; and at last the run says of itself what it is. An item that cannot be read is no reason to leave out the others. */
import type { ReconcileContext } from '#kernel/controller.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ObjectKey } from '#kernel/realm.ts';
import { organizationOf } from '#kernel/realm-id.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import { writeStatus } from '#services/compute/status.ts';
import type { Acting } from '../acting.ts';
import { limited } from '../attempt.ts';
import { isRepositoryError, type Repository } from '../engine/repository.ts';
import { NOTE_MS, WARNING_CHARACTERS_MAX, WARNINGS_MAX } from '../limits.ts';
import { openRepository } from '../opening.ts';
import type { RepositorySpec } from '../repository-spec.ts';
import type { BackupSource, SourceContext, SourceItem } from '../sources/source.ts';
import { Backup, type BackupObject, type Item, pathOf, runTag } from './backup.ts';
import type { BackupsOptions } from './controller.ts';
import { type SavedItem, saveManifest } from './manifest.ts';
import { sourceOf } from './select.ts';

const MESSAGE_CHARACTERS_MAX = 1_000;
const RELEASE_TRIES_MAX = 3;

export interface Run {
  readonly key: ObjectKey;
  readonly uid: string;
  readonly namespace: string;
  readonly backup: BackupObject;
  readonly repository: RepositorySpec;
  readonly items: readonly Item[];
  readonly startedAt: string;
  readonly acting: Acting;
}

interface Outcome {
  readonly items: readonly Item[];
  /** Where anything was saved. */
  readonly manifest?: string;
}

/** Throws Obstacle or RepositoryError where the repository is what fails. */
export function saveItems(options: BackupsOptions, run: Run, context: ReconcileContext): Promise<Outcome> {
  const isWanted = () => {
    const now = context.realm.view.get(Backup, run.key);
    return now?.metadata.uid === run.uid && !isDeleting(now);
  };
  return limited(context, isWanted, async (signal) => {
    const attempt = new Attempt(options, run, { ...context, signal }, context.signal);
    try {
      return await attempt.carryOut();
    } finally {
      await attempt.end();
    }
  });
}

class Attempt {
  readonly #options: BackupsOptions;
  readonly #run: Run;
  readonly #context: ReconcileContext;
  readonly #whatever: AbortSignal;
  #items: readonly Item[];
  #isNoted = true;
  #noted_ms: number;
  #repository: Repository | undefined;

  /** `whatever`: aborts when the region stops, and not when the run is over. */
  constructor(options: BackupsOptions, run: Run, context: ReconcileContext, whatever: AbortSignal) {
    this.#whatever = whatever;
    this.#options = options;
    this.#run = run;
    this.#context = context;
    this.#items = run.items;
    this.#noted_ms = context.clock.now();
  }

  async carryOut(): Promise<Outcome> {
    await this.#opened();
    const wanted = this.#items.filter(({ phase }) => phase !== 'Saved');
    const held: Item[] = [];
    for (const item of wanted) {
      const failure = await this.#tried(item, async (source, object, context) => {
        await source.hold({ object, run: this.#run.uid }, context);
      });
      if (failure === undefined) held.push(item);
    }
    for (const item of held) {
      await this.#tried(item, async (source, object, context, warnings) => {
        const repository = await this.#opened();
        const tar = await source.open({ object, run: this.#run.uid }, context);
        const { snapshot, bytes, added, sha256 } = await repository.save(tar, {
          path: pathOf(this.#run.namespace, item),
          host: this.#organization(),
          tags: [runTag(this.#run.uid)],
        });
        const { message: _message, ...rest } = item;
        const saved: Item = { ...rest, phase: 'Saved', snapshot, bytes, added, sha256 };
        await this.#note(warnings.length === 0 ? saved : { ...saved, warnings });
      });
    }
    const saved = this.#items.flatMap((item) => this.#savedItem(item));
    await this.#write();
    if (saved.length === 0) return { items: this.#items };
    return { items: this.#items, manifest: await this.#manifest(saved) };
  }

  /** Lets go of all that sources hold for this run, of earlier attempts too. */
  async end(): Promise<void> {
    this.#repository?.close();
    const { realm, change, clock } = this.#context;
    const signal = this.#whatever;
    for (const item of this.#run.items) {
      const source = sourceOf(this.#options.sources, item.kind);
      const object = this.#object(item, source);
      if (source === undefined || object === undefined) continue;
      await this.#released(item, () =>
        source.release({ object, run: this.#run.uid }, { realm, change, clock, signal }),
      );
    }
    await this.#write();
  }

  /** What could not be let go of is found by the source's own sweep; it is no reason to make the backup again. */
  async #released(item: Item, release: () => Promise<void>): Promise<void> {
    let last: unknown;
    for (let tries = 0; tries < RELEASE_TRIES_MAX; tries++) {
      try {
        await release();
        return;
      } catch (error) {
        last = error;
      }
    }
    const { events } = this.#context;
    events.record(
      this.#run.backup,
      'Warning',
      'NotReleased',
      `${item.kind}/${item.name}: ${messageOf(last)}`,
    );
  }

  #organization(): string {
    return organizationOf(this.#context.realm.id) ?? '';
  }

  async #opened(): Promise<Repository> {
    this.#repository ??= await openRepository(
      this.#options,
      this.#context,
      this.#run.acting,
      this.#run.repository,
      {
        make: true,
        signal: this.#context.signal,
      },
    );
    return this.#repository;
  }

  /** What fails for the item is noted with it; what fails for the whole run is thrown. */
  async #tried(
    item: Item,
    work: (
      source: BackupSource,
      object: KubeObject,
      context: SourceContext,
      warnings: string[],
    ) => Promise<void>,
  ): Promise<string | undefined> {
    const { signal } = this.#context;
    const warnings: string[] = [];
    const warn = (text: string) => {
      if (warnings.length < WARNINGS_MAX) warnings.push(text.slice(0, WARNING_CHARACTERS_MAX));
    };
    const source = sourceOf(this.#options.sources, item.kind);
    const object = this.#object(item, source);
    let message: string;
    if (source === undefined) message = 'this region backs up no such things';
    else if (object === undefined) message = 'it was deleted before it could be saved';
    else {
      try {
        await work(source, object, this.#run.acting.source(signal, warn), warnings);
        return undefined;
      } catch (error) {
        signal.throwIfAborted();
        if (isRepositoryError(error) || (error instanceof Obstacle && error.reason in PLACE)) throw error;
        message = messageOf(error);
        // A tar that broke off took the process with it.
        this.#repository?.close();
        this.#repository = undefined;
      }
    }
    await this.#note({ ...item, phase: 'Failed', message });
    return message;
  }

  /** The object that was selected, not another of its name. */
  #object({ name, uid }: Item, source: BackupSource | undefined): SourceItem['object'] | undefined {
    if (source === undefined) return undefined;
    const entry = this.#context.realm.view.entry(source.kind, { namespace: this.#run.namespace, name });
    return entry?.uid === uid ? entry.object() : undefined;
  }

  /** Now and then: each is a leaf with all items, and what a kill loses of them is saved again in no time. */
  async #note(item: Item): Promise<void> {
    this.#items = this.#items.map((one) => (one.kind === item.kind && one.name === item.name ? item : one));
    this.#isNoted = false;
    if (this.#context.clock.now() - this.#noted_ms >= NOTE_MS) await this.#write();
  }

  async #write(): Promise<void> {
    if (this.#isNoted) return;
    await writeStatus(this.#context, Backup, this.#run.key, this.#run.uid, { items: this.#items });
    this.#isNoted = true;
    this.#noted_ms = this.#context.clock.now();
  }

  #savedItem(item: Item): readonly SavedItem[] {
    const { kind, name, phase, snapshot, bytes = 0, sha256 = '' } = item;
    if (phase !== 'Saved' || snapshot === undefined) return [];
    return [{ kind, name, snapshot, bytes, sha256, path: pathOf(this.#run.namespace, item) }];
  }

  async #manifest(items: readonly SavedItem[]): Promise<string> {
    const { backup, namespace, uid, startedAt } = this.#run;
    return saveManifest(await this.#opened(), {
      organization: this.#organization(),
      project: namespace,
      plan: backup.spec.plan,
      backup: backup.metadata.name,
      uid,
      startedAt,
      items,
    });
  }
}

/** Of the repository, and so of every item. */
const PLACE: Readonly<Record<string, true>> = {
  WrongPassword: true,
  NoRepository: true,
  Unreachable: true,
  Locked: true,
  Damaged: true,
  Ended: true,
  Failed: true,
  SecretMissing: true,
  TargetNotFound: true,
  AccessKeyTaken: true,
  AccessKeyBroken: true,
};

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_CHARACTERS_MAX);
