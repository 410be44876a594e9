/**
 * Watchers of the simulation: each watches one kind over HTTP through whatever process lives. Where a stream ends or breaks, it resumes
 * at another process from the last revision it was told; where that is too old, it begins anew.
 */
import type { IncomingMessage } from 'node:http';
import type { Kind } from '#kernel/kind.ts';
import { Widget } from '#kernel/store/example-kinds.ts';
import { answered, type ClientOptions, type Tone, uncertain } from './clients.ts';
import { type Body, NoAnswer, partsOf, Requests, textOf } from './requests.ts';

/** What a watcher was told since it last listed. */
export interface Told {
  readonly kind: Kind;
  readonly tone: Tone | undefined;
  readonly after: number;
  /** Everything up to here was told. */
  upTo: number;
  readonly events: { readonly type: string; readonly revision: number; readonly name: string }[];
}

export interface Watched {
  readonly kind: Kind;
  /** Absent: all of them. */
  readonly tone?: Tone;
}

interface Event {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Body & { readonly code?: number };
}

const EXPIRED = 410;
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

export class Watcher {
  readonly #options: ClientOptions;
  readonly #watched: Watched;
  readonly #told: Told[];
  readonly #requests: Requests;
  #current: Told | undefined;

  constructor(options: ClientOptions, watched: Watched, told: Told[]) {
    this.#options = options;
    this.#watched = watched;
    this.#told = told;
    this.#requests = new Requests(options.world, options.name, options.processes);
  }

  async run(): Promise<void> {
    const { world, isOver } = this.#options;
    while (!isOver()) {
      await world.wait(world.between(1, 50));
      if (this.#current) world.count('watches resumed');
      if (this.#current) await answered(this.#follow({ resourceVersion: this.#current.upTo }));
      else if (world.chance(50)) await answered(this.#list());
      else await answered(this.#follow({ sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }));
    }
  }

  get #selector() {
    const { tone } = this.#watched;
    return tone === undefined ? {} : { labelSelector: `tone=${tone}` };
  }

  async #list(): Promise<void> {
    const answer = await this.#requests.send({
      method: 'GET',
      kind: this.#watched.kind,
      query: this.#selector,
    });
    if (answer.code !== 200) {
      uncertain(answer);
      return;
    }
    const { metadata, items = [] } = answer.body;
    this.#begin(Number(metadata?.resourceVersion), items.map(nameOf));
  }

  /** The state at a revision is known; from there on everything must be told. */
  #begin(revision: number, objects: readonly string[]): void {
    const { kind, tone } = this.#watched;
    this.#current = { kind, tone, after: revision, upTo: revision, events: [] };
    this.#told.push(this.#current);
    if (kind === Widget) this.#options.recorded.listings.push({ revision, tone, widgets: objects });
  }

  async #follow(from: Readonly<Record<string, string | number | boolean>>): Promise<void> {
    const { world } = this.#options;
    const response = await this.#requests.open({
      method: 'GET',
      kind: this.#watched.kind,
      query: {
        watch: true,
        allowWatchBookmarks: true,
        timeoutSeconds: world.between(1, 5),
        ...this.#selector,
        ...from,
      },
    });
    // Sooner or later every client goes elsewhere.
    world.at(world.between(200, 5_000), () => response.destroy(new NoAnswer('it went elsewhere')));
    if (response.statusCode !== 200) {
      this.#refused({ code: response.statusCode ?? 0, body: JSON.parse(await textOf(response)) as Body });
      return;
    }
    const initial: string[] = [];
    for await (const line of linesOf(response)) this.#take(JSON.parse(line) as Event, initial);
  }

  #take({ type, object }: Event, initial: string[]): void {
    const revision = Number(object.metadata?.resourceVersion);
    if (type === 'ERROR') {
      this.#refused({ code: object.code ?? 0, body: object });
    } else if (type !== 'BOOKMARK') {
      if (!this.#current) initial.push(nameOf(object));
      else {
        this.#options.world.count('events watched');
        this.#current.events.push({ type, revision, name: object.metadata?.name ?? '' });
        this.#current.upTo = revision;
      }
    } else if (object.metadata?.annotations?.[INITIAL_EVENTS_END] === 'true') {
      this.#begin(revision, initial);
    } else if (this.#current) {
      this.#current.upTo = Math.max(this.#current.upTo, revision);
    }
  }

  #refused(answer: { readonly code: number; readonly body: Body }): void {
    if (answer.code !== EXPIRED) {
      uncertain(answer);
      return;
    }
    this.#options.world.count('watches begun anew');
    this.#current = undefined;
  }
}

const nameOf = ({ metadata }: Body) => `${metadata?.name}@${metadata?.resourceVersion}`;

/** The lines of an answer; what breaks off in the midst of one is none. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let text = '';
  for await (const part of partsOf(response)) {
    text += part;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
}
