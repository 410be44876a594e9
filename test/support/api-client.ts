/** A plain client of the API with a client certificate, for tests that need to know exactly what was sent and answered. */
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';

export interface ClientCredentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface ApiAnswer {
  readonly code: number;
  readonly text: string;
  json(): Record<string, unknown>;
}

export interface ApiClient {
  /** Throws only when there is no answer. */
  send(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiAnswer>;
  /** An answer as it came. */
  raw(path: string): Promise<{ readonly code: number; readonly bytes: Buffer }>;
  /** The events of a watch, until it ends or its signal aborts. */
  watch(path: string, signal: AbortSignal): AsyncGenerator<WatchLine>;
  close(): void;
}

export interface WatchLine {
  readonly type: string;
  readonly object: {
    readonly code?: number;
    readonly metadata: { readonly name: string; readonly resourceVersion: string };
    readonly data?: Readonly<Record<string, string>>;
  };
}

/** After this a request counts as never answered. */
const ANSWER_LIMIT_MS = 30_000;

export function apiClient(url: string, credentials: ClientCredentials): ApiClient {
  const agent = new Agent({ keepAlive: true, ...credentials });
  const ask = (method: string, path: string, text: string | undefined, type: string) =>
    new Promise<{ readonly code: number; readonly bytes: Buffer }>((resolve, reject) => {
      const headers =
        text === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) };
      const sent = request(`${url}${path}`, { method, agent, headers, timeout: ANSWER_LIMIT_MS });
      sent.once('error', reject);
      sent.once('timeout', () => sent.destroy(new Error('no answer in time')));
      sent.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => resolve({ code: response.statusCode ?? 0, bytes: Buffer.concat(chunks) }));
      });
      sent.end(text);
    });
  return {
    async send(method, path, body, contentType = 'application/json') {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const { code, bytes } = await ask(method, path, text, contentType);
      const answer = bytes.toString();
      return { code, text: answer, json: () => JSON.parse(answer) };
    },
    raw: (path) => ask('GET', path, undefined, ''),
    async *watch(path, signal) {
      const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
        const sent = request(`${url}${path}`, { agent, signal });
        sent.once('error', reject);
        sent.once('response', resolve);
        sent.end();
      });
      // A stream that breaks has ended; whoever watches resumes.
      response.on('error', () => {});
      try {
        for await (const line of createInterface({ input: response })) yield JSON.parse(line) as WatchLine;
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        response.destroy();
      }
    },
    close: () => agent.destroy(),
  };
}

/** The credentials that a kubeconfig of ours holds. */
export function kubeconfigCredentials(text: string): ClientCredentials {
  const { clusters, users } = parse(text) as {
    readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
    readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
  };
  const decoded = (value: string | undefined) => Buffer.from(value ?? '', 'base64').toString();
  return {
    ca: decoded(clusters[0]?.cluster['certificate-authority-data']),
    cert: decoded(users[0]?.user['client-certificate-data']),
    key: decoded(users[0]?.user['client-key-data']),
  };
}

const WAIT_LIMIT_MS = 60_000;

/** Follows one object until `pick` finds in it what it looks for. */
export async function untilOk<T>(
  client: ApiClient,
  path: string,
  pick: (object: { readonly status: unknown }) => T | undefined,
): Promise<T> {
  const slash = path.lastIndexOf('/');
  const query = `?watch=true&fieldSelector=metadata.name%3D${path.slice(slash + 1)}`;
  const done = AbortSignal.timeout(WAIT_LIMIT_MS);
  for await (const { object } of client.watch(`${path.slice(0, slash)}${query}`, done)) {
    const found = pick({ status: {}, ...object });
    if (found !== undefined) return found;
  }
  throw new Error(`${path} did not come to be what was waited for`);
}
