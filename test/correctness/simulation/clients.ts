/**
 * Clients of the simulation: each sends its requests over HTTP to any process that lives, gives up after a while, and notes what it did,
 * when, and what came of it. What it never heard of is noted as such.
 */
import type { Kind } from '#kernel/kind.ts';
import { Note, Widget } from '#kernel/store/example-kinds.ts';
import type { ObjectInput, ObjectOperation, ObjectOutput } from '../../support/object-model.ts';
import { Machine } from './machines.ts';
import type { Process } from './process.ts';
import { type Body, NoAnswer, PROJECT, Requests, type Sending } from './requests.ts';
import type { World } from './world.ts';

/** A write as its client saw it, by an actor of its own. `refused`: it was told that nothing was done, or asked for nothing to be done. */
export interface SentWrite {
  readonly actor: string;
  outcome: 'unknown' | 'refused' | { readonly acknowledged: number; readonly auditId: string };
}

/** Widgets are of one tone or the other, or of none, so that they can be selected. */
export type Tone = 'warm' | 'cold';

/** What a list said, of now or of an older revision. */
export interface Listing {
  readonly revision: number;
  readonly tone: Tone | undefined;
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

const JSON_PATCH = 'application/json-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';
const MERGE_PATCHES = ['application/merge-patch+json', 'application/strategic-merge-patch+json'] as const;
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const LIST_OF_METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
/** How often a page that nobody answered is asked for again. */
const PAGE_TRIES_MAX = 3;

export class Client {
  readonly #options: ClientOptions;
  readonly #requests: Requests;
  #sent = 0;
  #value = 0;
  /** Versions it has seen, to replace on. */
  readonly #versions = new Map<string, number>();

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#requests = new Requests(options.world, options.name, options.processes);
  }

  /** Sends one request after the other until it is over. */
  async run(): Promise<void> {
    const { world, isOver } = this.#options;
    while (!isOver()) {
      await world.wait(world.between(0, 120));
      if (isOver()) return;
      const dice = world.between(0, 99);
      if (dice < 57) await this.#widget();
      else if (dice < 60) await this.#dryRun();
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
    const output =
      input.type === 'read' ? await this.#read(name) : await this.#write(this.#change(name, input));
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
    const { world, name: manager } = this.#options;
    const value = `${manager}-${++this.#value}`;
    const on = world.chance(60) ? this.#versions.get(name) : undefined;
    const known = on === undefined ? {} : { on };
    const dice = world.between(0, 99);
    if (dice < 40) return { type: 'read' };
    if (dice < 52) return { type: 'create', value };
    if (dice < 76) return { type: 'replace', value, ...known };
    if (dice < 88) return { type: 'apply', value, manager, force: world.chance(40) };
    return { type: 'delete', ...known };
  }

  async #read(name: string): Promise<ObjectOutput | undefined> {
    const { world } = this.#options;
    const seen = this.#versions.get(name);
    return this.#request({
      method: 'GET',
      kind: Widget,
      name,
      ...(world.chance(20) ? { accept: METADATA_ONLY } : {}),
      ...(seen !== undefined && world.chance(20) ? { query: { resourceVersion: seen } } : {}),
    });
  }

  /** The change of a widget as a request, in one of the ways in which it can be said. */
  #change(name: string, input: Exclude<ObjectInput, { type: 'read' }>): Sending {
    const { world } = this.#options;
    const tone = world.pick(['warm', 'cold', undefined] as const);
    const labels = tone === undefined ? {} : { labels: { tone } };
    switch (input.type) {
      case 'create': {
        const metadata = { name, annotations: { value: input.value }, ...labels };
        return { method: 'POST', kind: Widget, body: widgetOf(metadata) };
      }
      case 'delete': {
        const preconditions = { resourceVersion: String(input.on) };
        const body =
          input.on === undefined ? {} : { body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions } };
        return { method: 'DELETE', kind: Widget, name, ...body };
      }
      case 'apply': {
        const { manager, force } = input;
        return {
          method: 'PATCH',
          kind: Widget,
          name,
          query: { fieldManager: manager, ...(force ? { force } : {}) },
          body: widgetOf({ name, annotations: { value: input.value } }),
          contentType: APPLY_PATCH,
        };
      }
      case 'replace': {
        const version = input.on === undefined ? {} : { resourceVersion: String(input.on) };
        const metadata = { name, annotations: { value: input.value }, ...version };
        const dice = world.between(0, 2);
        if (dice === 0)
          return { method: 'PUT', kind: Widget, name, body: widgetOf({ ...metadata, ...labels }) };
        if (dice === 1) {
          const contentType = world.pick(MERGE_PATCHES) ?? MERGE_PATCHES[0];
          return {
            method: 'PATCH',
            kind: Widget,
            name,
            contentType,
            body: { metadata: { ...metadata, ...labels } },
          };
        }
        const operations = Object.entries({
          '/metadata/annotations/value': input.value,
          ...pathsOf(version),
        });
        const body = operations.map(([path, value]) => ({ op: 'add', path, value }));
        return { method: 'PATCH', kind: Widget, name, contentType: JSON_PATCH, body };
      }
    }
  }

  /** Whatever is answered, it must not happen. */
  async #dryRun(): Promise<void> {
    const { world } = this.#options;
    const name = `w${world.between(0, 2)}`;
    const input = this.#input(name);
    if (input.type === 'read') return;
    const change = this.#change(name, input);
    const { body, method } = change;
    // The body of a delete decides alone, as in Kubernetes.
    const dry =
      method === 'DELETE' && typeof body === 'object'
        ? { body: { ...body, dryRun: ['All'] } }
        : { query: { ...change.query, dryRun: 'All' } };
    await this.#write({ ...change, ...dry }, 'refused');
  }

  async #machine(): Promise<void> {
    const { world } = this.#options;
    const name = `m${world.between(0, 3)}`;
    const spec = { size: world.between(1, 64) };
    const dice = world.between(0, 99);
    const touched = { annotations: { touched: `${this.#options.name}-${++this.#value}` } };
    if (dice < 40) {
      await this.#write({ method: 'POST', kind: Machine, body: { ...objectOf(Machine, { name }), spec } });
    } else if (dice < 50) {
      const body = { ...objectOf(Machine, { name, ...touched }), spec };
      const query = { fieldManager: this.#options.name, force: true };
      await this.#write({ method: 'PATCH', kind: Machine, name, query, body, contentType: APPLY_PATCH });
    } else if (dice < 75) {
      const body = { metadata: touched, spec };
      await this.#write({ method: 'PATCH', kind: Machine, name, body, contentType: MERGE_PATCHES[0] });
    } else await this.#write({ method: 'DELETE', kind: Machine, name });
  }

  /** A list as of now, or of an older revision, whole or page by page, of whatever process, while everything changes. */
  async #list(): Promise<void> {
    const { world, recorded } = this.#options;
    const older = world.chance(50) ? world.pick(recorded.listings)?.revision : undefined;
    const tone = world.chance(30) ? (world.pick(['warm', 'cold'] as const) ?? 'warm') : undefined;
    const widgets: string[] = [];
    let revision: number | undefined;
    let next: string | undefined;
    const first = {
      ...(world.chance(70) ? { limit: world.between(1, 2) } : {}),
      ...(tone === undefined ? {} : { labelSelector: `tone=${tone}` }),
    };
    const at = older === undefined ? {} : { resourceVersion: older, resourceVersionMatch: 'Exact' };
    do {
      if (next !== undefined) world.count('pages gone on with');
      const page = await this.#page({ ...first, ...(next === undefined ? at : { continue: next }) });
      // Too old to list by now, or nobody answered.
      if (!page?.items) return;
      const its = Number(page.metadata?.resourceVersion);
      if (its !== (revision ?? older ?? its))
        throw new Error(`a page is of ${its}, its list of ${revision ?? older}`);
      revision = its;
      for (const { metadata } of page.items) widgets.push(`${metadata?.name}@${metadata?.resourceVersion}`);
      next = page.metadata?.continue;
      if (next !== undefined) await world.wait(world.between(0, 300));
    } while (next !== undefined);
    recorded.listings.push({ revision, tone, widgets });
  }

  async #page(query: Readonly<Record<string, string | number>>): Promise<Body | undefined> {
    const { world } = this.#options;
    for (let tries = 0; tries < PAGE_TRIES_MAX; tries++) {
      const accept = world.chance(20) ? { accept: LIST_OF_METADATA } : {};
      const answer = await answered(this.#requests.send({ method: 'GET', kind: Widget, query, ...accept }));
      if (answer) return answer.code === 200 || answer.code === 410 ? answer.body : uncertain(answer);
    }
    return undefined;
  }

  /** A secret that belongs to a widget, for the garbage collector. */
  async #note(): Promise<void> {
    const { world } = this.#options;
    const name = `n${world.between(0, 5)}`;
    const owner = `w${world.between(0, 2)}`;
    const found = await answered(this.#requests.send({ method: 'GET', kind: Widget, name: owner }));
    const uid = found?.code === 200 ? found.body.metadata?.uid : undefined;
    const { apiVersion, kind } = Widget;
    const ownerReferences = uid === undefined ? [] : [{ apiVersion, kind, name: owner, uid }];
    const body = { ...objectOf(Note, { name, ownerReferences }), data: { key: 'dmFsdWU=' } };
    await this.#write({ method: 'POST', kind: Note, body });
  }

  /** A write on record: whatever its client was told of it must be true of the log. */
  async #write(
    sending: Sending,
    outcome: 'unknown' | 'refused' = 'unknown',
  ): Promise<ObjectOutput | undefined> {
    const actor = `${this.#options.name}.${++this.#sent}`;
    const sent: SentWrite = { actor, outcome };
    this.#options.recorded.writes.push(sent);
    this.#options.world.count('writes');
    const output = await this.#request({ ...sending, actor }, (auditId, version) => {
      if (outcome === 'unknown') sent.outcome = { acknowledged: version, auditId };
    });
    if (output !== undefined && REFUSALS.has(output.type)) sent.outcome = 'refused';
    return output;
  }

  /** Undefined when nobody knows what came of it. */
  async #request(
    sending: Sending,
    onWritten: (auditId: string, version: number) => void = () => {},
  ): Promise<ObjectOutput | undefined> {
    const answer = await answered(this.#requests.send(sending));
    if (!answer) return undefined;
    const { code, auditId, body } = answer;
    switch (body.reason) {
      case 'AlreadyExists':
        return { type: 'exists' };
      case 'NotFound':
        return { type: 'absent' };
      case 'Conflict':
        return { type: 'conflict' };
      case undefined:
        break;
      default:
        return uncertain(answer);
    }
    if (code !== 200 && code !== 201) throw unexpected(answer);
    if (body.kind === 'Status') return { type: 'deleted' };
    const version = Number(body.metadata?.resourceVersion);
    if (sending.method === 'GET') {
      return { type: 'found', value: body.metadata?.annotations?.value ?? '', version };
    }
    // What finalizers hold back may have been deleted before: then nothing was written.
    if (sending.method !== 'DELETE') onWritten(auditId, version);
    return { type: 'written', version };
  }
}

const REFUSALS: ReadonlySet<ObjectOutput['type']> = new Set(['exists', 'absent', 'conflict']);

const objectOf = ({ apiVersion, kind }: Kind, metadata: object) => ({
  apiVersion,
  kind,
  metadata: { namespace: PROJECT, ...metadata },
});

const widgetOf = (metadata: object) => ({ ...objectOf(Widget, metadata), spec: { size: 1 } });

const pathsOf = (version: { readonly resourceVersion?: string }): Record<string, string> =>
  version.resourceVersion === undefined ? {} : { '/metadata/resourceVersion': version.resourceVersion };

/** Undefined when no answer came. */
export async function answered<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NoAnswer) return undefined;
    throw error;
  }
}

const UNCERTAIN = new Set(['Timeout', 'ServiceUnavailable', 'TooManyRequests']);

/** Such an answer leaves open what came of the request. Any other was not expected, and fails the run. */
export function uncertain(answer: { readonly code: number; readonly body: Body }): undefined {
  if (UNCERTAIN.has(answer.body.reason ?? '')) return undefined;
  throw unexpected(answer);
}

const unexpected = ({ code, body }: { readonly code: number; readonly body: Body }) =>
  new Error(`answered ${code} ${JSON.stringify(body)}`);
