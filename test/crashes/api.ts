/**
 * A client of the API that tells what is known of each request: whether it was acknowledged, refused, or whether nobody knows what came of it. Nothing
 * is tried again behind its caller's back. For tests only.
 */
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';

const ANSWER_LIMIT_MS = 60_000;

export interface Answered {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON. */
  readonly body: Record<string, unknown>;
}

/** `undefined`: the connection broke, or no answer came in time. */
export type Outcome = Answered | undefined;

export interface Api {
  call(method: string, path: string, body?: unknown): Promise<Outcome>;
  close(): void;
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  }[];
  readonly users: readonly {
    readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string };
  }[];
}

/** Speaks as whoever the kubeconfig is of; paths are relative to its server. */
export function openApi(kubeconfig: string): Api {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const cluster = clusters[0]?.cluster;
  const user = users[0]?.user;
  if (cluster === undefined || user === undefined) throw new Error(`${kubeconfig} names no cluster or user`);
  const decoded = (text: string): Buffer => Buffer.from(text, 'base64');
  const agent = new Agent({
    keepAlive: true,
    ca: decoded(cluster['certificate-authority-data']),
    cert: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
  });
  return {
    call: (method, path, body) => send(agent, `${cluster.server}${path}`, method, body),
    close: () => agent.destroy(),
  };
}

function send(agent: Agent, url: string, method: string, body: unknown): Promise<Outcome> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return new Promise((resolve) => {
    const lost = (): void => resolve(undefined);
    const message = request(
      url,
      { method, agent, headers: { 'content-type': type, accept: 'application/json' } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', lost);
        response.once('close', () => {
          if (!response.complete) return lost();
          resolve({
            code: response.statusCode ?? 0,
            headers: response.headers,
            body: parsed(Buffer.concat(chunks)),
          });
        });
      },
    );
    message.setTimeout(ANSWER_LIMIT_MS, () => message.destroy());
    message.once('error', lost);
    message.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function parsed(bytes: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(bytes.toString()) as Record<string, unknown>;
  } catch {
    return { text: bytes.toString() };
  }
}
