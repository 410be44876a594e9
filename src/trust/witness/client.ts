/**
 * The region's way to a witness: one POST, to an address that the region's settings allow. Never follows a redirect, never asks a name server
 * when no network is allowed, never takes longer or more than it says here.
 */
import { lookup as lookupAddresses } from 'node:dns/promises';
import type { RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP } from 'node:net';
import type { Clock } from '#kernel/clock.ts';
import { NOTE_BYTES_MAX } from '#kernel/log/note.ts';

// Imported as a module it would bring undici along, 15 MB that nothing here needs.
const { request: httpRequest } = process.getBuiltinModule('node:http');

const ANSWER_MS_MAX = 15_000;

export interface WitnessTarget {
  /** The submission prefix. */
  readonly url: string;
  /** PEM; absent: those that this machine knows. */
  readonly certificateAuthority?: string;
}

export interface WitnessReply {
  readonly code: number;
  readonly contentType: string;
  readonly body: string;
}

/** Why there is no answer. `reason` is one word for a condition; the message never says more of the network than the person who asked knows. */
export class WitnessError extends Error {
  override readonly name = 'WitnessError';
  readonly reason: 'NotAllowed' | 'Unreachable';

  constructor(reason: 'NotAllowed' | 'Unreachable', message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface WitnessClient {
  /** Sends an `add-checkpoint`. Throws a WitnessError when there is no answer. */
  addCheckpoint(target: WitnessTarget, body: string, signal: AbortSignal): Promise<WitnessReply>;
}

/** `10.0.0.0/8` or `fd00::/8`, as BlockList takes it. Undefined when it is no network. */
export function parseNetwork(
  text: string,
): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', bits = '', ...more] = text.split('/');
  const version = isIP(address);
  const prefix = Number(bits);
  if (version === 0 || more.length > 0 || !/^[0-9]{1,3}$/.test(bits) || prefix > (version === 4 ? 32 : 128)) {
    return undefined;
  }
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** `networks`: those that witnesses may be in. None: nothing outside is ever reached. */
export function witnessClient(networks: readonly string[], clock: Clock): WitnessClient {
  const allowed = new BlockList();
  for (const text of networks) {
    const network = parseNetwork(text);
    if (network === undefined) throw new Error(`"${text}" is not a network such as 10.20.0.0/16`);
    allowed.addSubnet(network.address, network.prefix, network.family);
  }

  /** The address to connect to, so that it is the very one that was checked. */
  async function addressOf(host: string): Promise<{ address: string; family: number }> {
    const name = host.replace(/^\[|\]$/g, '');
    if (networks.length === 0) throw notAllowed(host);
    const literal = isIP(name);
    const found = literal === 0 ? await resolve(name) : [{ address: name, family: literal }];
    const usable = found.find(({ address, family }) =>
      allowed.check(address, family === 4 ? 'ipv4' : 'ipv6'),
    );
    if (usable === undefined) throw notAllowed(host);
    return usable;
  }

  return {
    async addCheckpoint({ url, certificateAuthority }, body, signal) {
      const target = new URL(`${url.replace(/\/+$/, '')}/add-checkpoint`);
      const { address, family } = await addressOf(target.hostname);
      const limit = new AbortController();
      const stop = clock.after(ANSWER_MS_MAX, () => limit.abort());
      const options: RequestOptions = {
        method: 'POST',
        headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': Buffer.byteLength(body) },
        signal: AbortSignal.any([signal, limit.signal]),
        lookup: (_host, { all }, done) =>
          all ? done(null, [{ address, family }]) : done(null, address, family),
        agent: false,
      };
      const ca = certificateAuthority === undefined ? {} : { ca: certificateAuthority };
      try {
        return await exchange(target, options, ca, body);
      } catch (error) {
        signal.throwIfAborted();
        throw new WitnessError('Unreachable', whyNot(error, limit.signal.aborted));
      } finally {
        stop();
      }
    },
  };
}

const notAllowed = (host: string) =>
  new WitnessError(
    'NotAllowed',
    `spec.url: ${host} is at no address that this region may send to; its operator allows networks in region.yaml, at ledger.witnessNetworks`,
  );

async function resolve(name: string) {
  try {
    return await lookupAddresses(name, { all: true });
  } catch {
    throw new WitnessError('Unreachable', `spec.url: the name ${name} leads to no address`);
  }
}

/** In words that stay the same from one try to the next: a condition that changes is a leaf. */
function whyNot(error: unknown, isLate: boolean): string {
  if (isLate) return `no answer in ${ANSWER_MS_MAX / 1_000} s`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'a broken connection';
  return `it cannot be reached: ${code}`;
}

function exchange(
  target: URL,
  options: RequestOptions,
  tls: { readonly ca?: string },
  body: string,
): Promise<WitnessReply> {
  const { promise, resolve: settle, reject } = Promise.withResolvers<WitnessReply>();
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(target, { ...options, ...tls }, async (response) => {
    try {
      const chunks: Buffer[] = [];
      let length = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > NOTE_BYTES_MAX) throw new Error('the answer is too long');
        chunks.push(chunk);
      }
      settle({
        code: response.statusCode ?? 0,
        contentType: response.headers['content-type']?.split(';', 1)[0] ?? '',
        body: Buffer.concat(chunks).toString('utf8'),
      });
    } catch (error) {
      request.destroy();
      reject(error);
    }
  });
  request.once('error', reject);
  request.end(body);
  return promise;
}
