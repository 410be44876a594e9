/**
 * How the simulation's clients talk to processes: Node's HTTP client over connections of the simulation, kept open and used again as real
 * clients do. What breaks off, or takes too long, is `NoAnswer`: nobody knows then what came of the request.
 */
import { Agent, type ClientRequestArgs, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Kind } from '#kernel/kind.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

export const ACME = '/orgs/acme';
export const PROJECT = 'shop';
/** A client gives up on an answer after this. */
const PATIENCE_MS = 4_000;

export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** The fields of an object, a list or a Status that the clients look into. */
export interface Body {
  readonly kind?: string;
  readonly metadata?: Metadata;
  readonly items?: readonly Body[];
  readonly reason?: string;
  readonly message?: string;
}

export interface Metadata {
  readonly name?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly code: number;
  readonly auditId: string;
  readonly body: Body;
}

export interface Sending {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly kind: Kind;
  /** Absent: the collection. */
  readonly name?: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: object;
  /** Default: JSON. */
  readonly contentType?: string;
  readonly accept?: string;
  /** Default: the client itself. */
  readonly actor?: string;
}

/** Whatever process a request goes to, it goes there over a connection that is kept for the next. */
class KeptConnections extends Agent {
  readonly #connect: (name: string) => Duplex;

  constructor(open: (name: string) => Duplex) {
    super({ keepAlive: true });
    this.#connect = open;
  }

  override createConnection(options: ClientRequestArgs): Duplex {
    return this.#connect(options.host ?? '');
  }
}

export class Requests {
  readonly #world: World;
  readonly #client: string;
  readonly #processes: () => readonly Process[];
  readonly #agent: Agent;

  constructor(world: World, client: string, processes: () => readonly Process[]) {
    this.#world = world;
    this.#client = client;
    this.#processes = processes;
    this.#agent = new KeptConnections((name) => {
      const process = processes().find((one) => one.name === name);
      if (!process) throw new NoAnswer(`${name} is gone`);
      return process.front.connect();
    });
  }

  /** Sends a request to some process, and gives the whole answer. */
  async send(sending: Sending): Promise<Answer> {
    const response = await this.open(sending);
    const { complete } = this.#patience(response);
    const text = await textOf(response).finally(complete);
    return {
      code: response.statusCode ?? 0,
      auditId: String(response.headers['audit-id']),
      body: JSON.parse(text) as Body,
    };
  }

  /** The answer as it begins. */
  async open(sending: Sending): Promise<IncomingMessage> {
    const process = this.#world.pick(this.#processes());
    if (!process) {
      await this.#world.wait(100);
      throw new NoAnswer('no process lives');
    }
    return new Promise((resolve, reject) => {
      const sent = request({
        agent: this.#agent,
        host: process.name,
        method: sending.method,
        path: pathOf(sending),
        headers: this.#headersOf(sending),
      });
      const body = sending.body === undefined ? undefined : Buffer.from(JSON.stringify(sending.body));
      // Node gives the body of a DELETE no length of its own.
      if (body) sent.setHeader('Content-Length', body.length);
      const { complete } = this.#patience(sent);
      sent.once('response', (response) => {
        complete();
        resolve(response);
      });
      sent.on('error', (error) => {
        complete();
        try {
          reject(asNoAnswer(error));
        } catch (fault) {
          reject(fault);
        }
      });
      sent.end(body);
    });
  }

  #headersOf({ actor, body, contentType, accept }: Sending): Record<string, string> {
    return {
      Authorization: `Bearer ${actor ?? this.#client}`,
      'User-Agent': `${this.#client}/1`,
      ...(accept === undefined ? {} : { Accept: accept }),
      ...(body === undefined ? {} : { 'Content-Type': contentType ?? 'application/json' }),
    };
  }

  #patience(waiting: { destroy(error?: Error): unknown }): { complete(): void } {
    let isComplete = false;
    this.#world.at(PATIENCE_MS, () => {
      if (!isComplete) waiting.destroy(new NoAnswer('the client lost its patience'));
    });
    return {
      complete() {
        isComplete = true;
      },
    };
  }
}

function pathOf({ kind, name, query = {} }: Sending): string {
  const group = kind.group === '' ? 'api/v1' : `apis/${kind.apiVersion}`;
  const parameters = new URLSearchParams(
    Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
  );
  return `${ACME}/${group}/namespaces/${PROJECT}/${kind.plural}${name === undefined ? '' : `/${name}`}?${parameters}`;
}

/** The pieces of an answer as they come. */
export async function* partsOf(response: IncomingMessage): AsyncGenerator<string> {
  try {
    for await (const part of response.setEncoding('utf8')) yield String(part);
  } catch (error) {
    throw asNoAnswer(error);
  }
}

export async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of partsOf(response)) text += part;
  return text;
}

const BROKEN = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']);

/** A broken connection as what it means to a client. Anything else, such as an answer that is no HTTP, is a fault: thrown as it is. */
function asNoAnswer(error: unknown): NoAnswer {
  if (error instanceof NoAnswer) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (BROKEN.has(code)) return new NoAnswer('the connection broke', { cause: error });
  throw error;
}
