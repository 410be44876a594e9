/**
 * Clients of the simulation: each sends its requests to any process that lives, gives up after a while, and notes what it did, when, and
 * what came of it. What it never heard of is noted as such.
 */
import { systemActor } from '#kernel/access.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { ChangeContext, ObjectKey, Realm } from '#kernel/realm.ts';
import { Note, Widget } from '#kernel/store/example-kinds.ts';
import { entriesAt } from '#kernel/wire/rewind.ts';
import type { ObjectInput, ObjectOperation, ObjectOutput } from '../../support/object-model.ts';
import { Machine } from './machines.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

export const ACME = '/orgs/acme';
export const PROJECT = 'shop';
/** A client gives up on an answer after this. */
const PATIENCE_MS = 4_000;

/** A write as its client saw it. `acknowledged`: the revision it was told, `refused`: it was told that nothing was done. */
export interface SentWrite {
  readonly requestId: string;
  outcome: 'unknown' | 'refused' | { readonly acknowledged: number };
}

/** What a list said, of now or of an older revision. */
export interface Listing {
  readonly revision: number;
  /** `<name>@<version>`, in order. */
  readonly widgets: readonly string[];
}

export interface Recorded {
  readonly listings: Listing[];
  /** Operations on each widget, by name. */
  readonly operations: Map<string, ObjectOperation[]>;
  readonly writes: SentWrite[];
}

export interface ClientOptions {
  readonly name: string;
  readonly world: World;
  readonly processes: () => readonly Process[];
  readonly recorded: Recorded;
  readonly isOver: () => boolean;
}

class GaveUp extends Error {}

export class Client {
  readonly #options: ClientOptions;
  #requests = 0;
  #value = 0;
  /** Versions it has seen, to replace on. */
  readonly #versions = new Map<string, number>();

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Sends one request after the other until it is over. */
  async run(): Promise<void> {
    const { world, isOver } = this.#options;
    while (!isOver()) {
      await world.wait(world.between(0, 120));
      if (isOver()) return;
      const dice = world.between(0, 99);
      if (dice < 60) await this.#widget();
      else if (dice < 85) await this.#machine();
      else if (dice < 92) await this.#list();
      else await this.#note();
    }
  }

  async #widget(): Promise<void> {
    const { world, recorded, name: client } = this.#options;
    const name = `w${world.between(0, 2)}`;
    const input = this.#input(name);
    const called = world.now;
    const output = await this.#operate(name, input);
    // A read without an answer says nothing.
    if (output === undefined && input.type === 'read') return;
    if (output && 'version' in output) this.#versions.set(name, output.version);
    world.say(() => `${client}: ${name} ${JSON.stringify(input)} → ${JSON.stringify(output)}`);
    const returned = output === undefined ? Number.POSITIVE_INFINITY : world.now;
    const operations = recorded.operations.get(name) ?? [];
    recorded.operations.set(name, operations);
    operations.push({ client, input, output, called, returned });
  }

  #input(name: string): ObjectInput {
    const { world } = this.#options;
    const value = `${this.#options.name}-${++this.#value}`;
    const dice = world.between(0, 99);
    if (dice < 40) return { type: 'read' };
    if (dice < 55) return { type: 'create', value };
    if (dice < 75) return { type: 'replace', value };
    const on = this.#versions.get(name);
    if (dice < 88 && on !== undefined) return { type: 'replace', value, on };
    return { type: 'delete' };
  }

  async #operate(name: string, input: ObjectInput): Promise<ObjectOutput | undefined> {
    const key = { namespace: PROJECT, name };
    const versionOf = (object: { metadata: { resourceVersion: string } }) =>
      Number(object.metadata.resourceVersion);
    switch (input.type) {
      case 'read':
        return this.#request<ObjectOutput>(async ({ view }) => {
          const widget = view.get(Widget, key);
          if (!widget) return { type: 'absent' };
          return {
            type: 'found',
            value: widget.metadata.annotations?.value ?? '',
            version: versionOf(widget),
          };
        });
      case 'create':
        return this.#write(async ({ resources }, context) => {
          const metadata = { name, annotations: { value: input.value } };
          const { object } = await resources.create(Widget, PROJECT, { metadata, spec: {} }, context);
          return { type: 'written', version: versionOf(object) };
        });
      case 'replace':
        return this.#write(async ({ resources }, context) => {
          const { object } = await resources.modify(Widget, key, context, (current) => ({
            ...current,
            metadata: {
              ...current.metadata,
              annotations: { value: input.value },
              resourceVersion: input.on === undefined ? current.metadata.resourceVersion : String(input.on),
            },
          }));
          return { type: 'written', version: versionOf(object) };
        });
      case 'delete':
        return this.#write(async ({ resources }, context) => {
          await resources.delete(Widget, key, context);
          return { type: 'deleted' };
        });
    }
  }

  async #machine(): Promise<void> {
    const { world } = this.#options;
    const key = { namespace: PROJECT, name: `m${world.between(0, 3)}` };
    const size = world.between(1, 64);
    const dice = world.between(0, 99);
    await this.#write(async ({ resources }, context) => {
      if (dice < 50) {
        const draft = { metadata: { name: key.name }, spec: { size } };
        const { object } = await resources.create(Machine, PROJECT, draft, context);
        return { type: 'written', version: Number(object.metadata.resourceVersion) };
      }
      if (dice < 75) {
        const { object } = await resources.modify(Machine, key, context, (current) => ({
          ...current,
          spec: { size },
          metadata: { ...current.metadata, annotations: { touched: context.requestId } },
        }));
        return { type: 'written', version: Number(object.metadata.resourceVersion) };
      }
      await resources.delete(Machine, key, context);
      return { type: 'deleted' };
    });
  }

  /** A list as of now, or going on with an older one, as chunks of a list do, at whatever process. */
  async #list(): Promise<void> {
    const { world, recorded } = this.#options;
    const older = world.chance(60) ? world.pick(recorded.listings) : undefined;
    try {
      const listing = await this.#ask(async (realm): Promise<Listing> => {
        const revision = older?.revision ?? realm.view.revision;
        const entries = older
          ? await entriesAt(realm, Widget, PROJECT, revision)
          : [...realm.view.entries(Widget, PROJECT)];
        return { revision, widgets: entries.map((entry) => `${entry.name}@${entry.revision}`) };
      });
      if (listing) recorded.listings.push(listing);
    } catch (error) {
      // Too old to list, or nobody answered.
      if (!(error instanceof GaveUp) && !isStatusError(error)) throw error;
    }
  }

  /** A secret that belongs to a widget, for the garbage collector. */
  async #note(): Promise<void> {
    const { world } = this.#options;
    const name = `n${world.between(0, 5)}`;
    const owner = `w${world.between(0, 2)}`;
    await this.#write(async ({ resources, view }, context) => {
      const widget = view.get(Widget, { namespace: PROJECT, name: owner });
      const { apiVersion, kind } = Widget;
      const ownerReferences = widget ? [{ apiVersion, kind, name: owner, uid: widget.metadata.uid }] : [];
      const draft = { metadata: { name, ownerReferences }, data: { key: 'dmFsdWU=' } };
      const { object } = await resources.create(Note, PROJECT, draft, context);
      return { type: 'written', version: Number(object.metadata.resourceVersion) };
    });
  }

  /** A write on record: whatever its client was told of it must be true of the log. */
  async #write(
    work: (realm: Realm, context: ChangeContext) => Promise<ObjectOutput>,
  ): Promise<ObjectOutput | undefined> {
    const requestId = `${this.#options.name}/${++this.#requests}`;
    const sent: SentWrite = { requestId, outcome: 'unknown' };
    this.#options.recorded.writes.push(sent);
    const context = { actor: systemActor(ACME, this.#options.name), via: 'api', requestId };
    const output = await this.#request((realm) => work(realm, context));
    if (output === undefined) return undefined;
    if (output.type === 'written') sent.outcome = { acknowledged: output.version };
    else if (output.type !== 'deleted') sent.outcome = 'refused';
    return output;
  }

  /** Sends a request to some process. Undefined when nobody knows what came of it. */
  async #request<T extends ObjectOutput>(
    work: (realm: Realm) => Promise<T>,
  ): Promise<ObjectOutput | undefined> {
    try {
      return await this.#ask(work);
    } catch (error) {
      if (isStatusError(error, 'AlreadyExists')) return { type: 'exists' };
      if (isStatusError(error, 'NotFound')) return { type: 'absent' };
      if (isStatusError(error, 'Conflict')) return { type: 'conflict' };
      if (error instanceof GaveUp || isStatusError(error)) return undefined;
      throw error;
    }
  }

  /** As `#request`, with errors as they come. */
  async #ask<T>(work: (realm: Realm) => Promise<T>): Promise<T | undefined> {
    const { world } = this.#options;
    const process = world.pick(this.#options.processes());
    if (!process) {
      await world.wait(100);
      return undefined;
    }
    const { realms } = process;
    const answer = (async () => {
      await realms.fresh(ACME);
      return realms.use(ACME, work);
    })();
    return await Promise.race([answer, this.#patience(process)]);
  }

  async #patience(process: Process): Promise<never> {
    const { world } = this.#options;
    await Promise.race([world.wait(PATIENCE_MS), process.dead]);
    throw new GaveUp();
  }
}

/** What a watcher was told since it last listed. */
export interface Told {
  readonly kind: Kind;
  readonly after: number;
  /** Everything up to here was told. */
  upTo: number;
  readonly events: { readonly type: string; readonly revision: number; readonly key: ObjectKey }[];
}

/** Watches one kind through whatever process lives; where one stops, it resumes at another. */
export async function watchForever(options: ClientOptions, kind: Kind, told: Told[]): Promise<void> {
  const { world, processes, isOver } = options;
  let current: Told | undefined;
  while (!isOver()) {
    const process = world.pick(processes());
    await world.wait(world.between(1, 50));
    if (!process?.isAlive) continue;
    try {
      const { realm, release } = await orDead(process, process.realms.acquire(ACME));
      try {
        if (!current) {
          current = { kind, after: realm.view.revision, upTo: realm.view.revision, events: [] };
          told.push(current);
        }
        await follow(options, process, realm, current);
      } finally {
        release();
      }
    } catch (error) {
      if (isStatusError(error, 'Expired')) current = undefined;
      else if (!(error instanceof GaveUp) && !isStatusError(error)) throw error;
    }
  }
}

async function follow(
  { world, isOver }: ClientOptions,
  process: Process,
  realm: Realm,
  told: Told,
): Promise<void> {
  const watch = await orDead(process, realm.watch({ kind: told.kind, afterRevision: told.upTo }));
  // Sooner or later every client goes elsewhere.
  const until_ms = world.now + world.between(200, 5_000);
  try {
    while (!isOver() && world.now < until_ms) {
      const events = await orDead(process, watch.next());
      if (!events) return;
      for (const event of events) {
        if (event.type === 'BOOKMARK') {
          told.upTo = Math.max(told.upTo, event.revision);
          continue;
        }
        const { revision, namespace, name } = event.entry;
        const key = { name, ...(namespace === undefined ? {} : { namespace }) };
        told.events.push({ type: event.type, revision, key });
        told.upTo = Math.max(told.upTo, revision);
      }
    }
  } finally {
    if (process.isAlive) watch.close();
  }
}

const orDead = <T>(process: Process, promise: Promise<T>): Promise<T> =>
  Promise.race([
    promise,
    process.dead.then((): never => {
      throw new GaveUp();
    }),
  ]);
