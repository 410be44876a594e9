/**
 * A list that follows its watch: read once as a table (the columns are the kind's own), then changed by what the API tells. When the connection
 * breaks it goes on from where it was, and reads the list anew only when the API says that this is too long ago.
 */
import { useMemo, useSyncExternalStore } from 'react';
import { ApiError, askJson } from './client.ts';
import { connection } from './connection.ts';
import { pathOf, type Resource } from './discovery.ts';
import { follow } from './watch-socket.ts';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly priority: number;
}

export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface Row {
  readonly cells: readonly (string | number | boolean | null)[];
  readonly object: ApiObject;
}

interface Table {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly columnDefinitions?: readonly Column[];
  readonly rows: readonly Row[];
}

export interface LiveState {
  readonly isLoading: boolean;
  readonly error: Error | undefined;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const PAGE = 500;
/** Rows that a page holds at most; who has more narrows the list. */
const ROWS_MAX = 50_000;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 15_000;
const EMPTY: LiveState = { isLoading: true, error: undefined, columns: [], rows: [] };

const wait = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
  });

class LiveList {
  readonly #path: string;
  readonly #query: string;
  readonly #rows = new Map<string, Row>();
  readonly #listeners = new Set<() => void>();
  #state: LiveState = EMPTY;
  #version = '';
  #running: AbortController | undefined;
  #frame = 0;

  constructor(path: string, query: string) {
    this.#path = path;
    this.#query = query;
  }

  /** Runs as long as somebody listens. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    };
  };

  readonly state = (): LiveState => this.#state;

  #start(): void {
    this.#running = new AbortController();
    void this.#run(this.#running.signal);
  }

  #stop(): void {
    this.#running?.abort();
    cancelAnimationFrame(this.#frame);
    shared.delete(`${this.#path} ${this.#query}`);
  }

  async #run(signal: AbortSignal): Promise<void> {
    let retry_ms = RETRY_MIN_MS;
    while (!signal.aborted) {
      try {
        if (this.#version === '') await this.#readAll(signal);
        await this.#follow(AbortSignal.any([signal, connection.cut]));
        retry_ms = RETRY_MIN_MS;
      } catch (error) {
        if (signal.aborted) return;
        // Who is signed out stays that until they sign in again.
        if (connection.state() === 'session-ended') {
          await connection.whileEnded(signal);
          continue;
        }
        if (error instanceof ApiError && error.code === 410) this.#version = '';
        else {
          this.#set({ ...this.#state, isLoading: false, error: error as Error });
          // What is refused stays refused until something changes: asked seldom. A token that ended is another matter: asked at once.
          const isRefused = error instanceof ApiError && error.code !== 401;
          await wait(isRefused ? RETRY_MAX_MS : retry_ms, signal);
          retry_ms = Math.min(RETRY_MAX_MS, retry_ms * 2);
        }
      }
    }
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    this.#rows.clear();
    let columns: readonly Column[] = [];
    let next = '';
    do {
      const query = new URLSearchParams({
        includeObject: 'Object',
        limit: `${PAGE}`,
        ...(next === '' ? {} : { continue: next }),
      });
      const table = await askJson<Table>(`${this.#path}?${query}${this.#query}`, { accept: TABLE, signal });
      if (table.columnDefinitions !== undefined) columns = table.columnDefinitions;
      for (const row of table.rows) this.#rows.set(row.object.metadata.uid, row);
      this.#version = table.metadata.resourceVersion;
      next = table.metadata.continue ?? '';
    } while (next !== '' && this.#rows.size < ROWS_MAX);
    this.#set({ isLoading: false, error: undefined, columns, rows: [...this.#rows.values()] });
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({
      watch: '1',
      includeObject: 'Object',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#version,
    });
    await follow(
      `${this.#path}?${query}${this.#query}`,
      {
        opened: () => this.#set({ ...this.#state, error: undefined }),
        event: (text) => this.#take(JSON.parse(text)),
      },
      signal,
    );
  }

  #take({
    type,
    object,
  }: {
    readonly type: string;
    readonly object: Table & { readonly code?: number };
  }): void {
    if (type === 'ERROR') throw new ApiError(object.code ?? 500, object as never);
    if (
      object.columnDefinitions !== undefined &&
      object.columnDefinitions.length > 0 &&
      this.#state.columns.length === 0
    )
      this.#state = { ...this.#state, columns: object.columnDefinitions };
    for (const row of object.rows ?? []) {
      const { uid, resourceVersion } = row.object.metadata;
      this.#version = resourceVersion;
      if (type === 'DELETED') this.#rows.delete(uid);
      else if (type !== 'BOOKMARK' && (this.#rows.has(uid) || this.#rows.size < ROWS_MAX))
        this.#rows.set(uid, row);
    }
    if (type === 'BOOKMARK') this.#version = object.metadata?.resourceVersion ?? this.#version;
    // Many changes at once are shown once.
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() =>
      this.#set({ ...this.#state, isLoading: false, error: undefined, rows: [...this.#rows.values()] }),
    );
  }

  #set(state: LiveState): void {
    if (this.#running?.signal.aborted === true) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Who looks at the same looks through one watch. */
const shared = new Map<string, LiveList>();

function sharedList(path: string, query: string): LiveList {
  const key = `${path} ${query}`;
  const list = shared.get(key) ?? new LiveList(path, query);
  shared.set(key, list);
  return list;
}

export interface LiveListOptions {
  readonly project?: string | undefined;
  /** One object alone. */
  readonly name?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** Lives as long as what shows it. */
export function useLiveList(resource: Resource | undefined, options: LiveListOptions = {}): LiveState {
  const { project, name, labelSelector, fieldSelector } = options;
  const list = useMemo(() => {
    if (resource === undefined) return undefined;
    const fields = [name === undefined ? [] : [`metadata.name=${name}`], fieldSelector ?? []]
      .flat()
      .join(',');
    const query = new URLSearchParams();
    if (fields !== '') query.set('fieldSelector', fields);
    if (labelSelector !== undefined && labelSelector !== '') query.set('labelSelector', labelSelector);
    const text = query.toString();
    return sharedList(pathOf(resource, project), text === '' ? '' : `&${text}`);
  }, [resource, project, name, labelSelector, fieldSelector]);
  return useSyncExternalStore(list?.subscribe ?? noSubscription, list?.state ?? empty);
}

const noSubscription = () => () => {};
const empty = () => EMPTY;

export interface LiveObject {
  readonly isLoading: boolean;
  readonly error: Error | undefined;
  /** Undefined: there is none, or none any more. */
  readonly object: ApiObject | undefined;
  readonly columns: readonly Column[];
  readonly row: Row | undefined;
}

export function useLiveObject(
  resource: Resource | undefined,
  project: string | undefined,
  name: string,
): LiveObject {
  const { isLoading, error, rows, columns } = useLiveList(resource, { project, name });
  return { isLoading, error, object: rows[0]?.object, columns, row: rows[0] };
}
