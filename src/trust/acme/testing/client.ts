/** An ACME client that can do everything wrong: each part of a request may be replaced. For attacks; honest tests use certbot. Tests only. */
import { generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto';
import { Agent, request } from 'node:https';
import { calculateJwkThumbprint, exportJWK, FlattenedSign, type JWK } from 'jose';
import {
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from '../../certificates/x509.ts';
import type { Binding } from './fixture.ts';

export interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; empty when it is none. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The last part of a problem's type. */
  readonly problem: string | undefined;
}

export interface Key {
  readonly privateKey: KeyObject;
  readonly jwk: JWK;
  readonly alg: string;
}

export async function newKey(alg: 'ES256' | 'EdDSA' | 'RS256' = 'ES256'): Promise<Key> {
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey: pair.privateKey, jwk: await exportJWK(pair.publicKey), alg };
}

/** What to replace of a request. */
export interface Wrong {
  readonly nonce?: string;
  readonly url?: string;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: Key;
  readonly path?: string;
  readonly contentType?: string;
}

/** A signing request in DER in base64url, for a new P-256 key or the one given. */
export async function csrOf(
  names: readonly string[],
  pair?: webcrypto.CryptoKeyPair,
  type: 'dns' | 'ip' = 'dns',
): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = pair ?? (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']));
  const csr = await Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: algorithm,
    extensions: [new SubjectAlternativeNameExtension(names.map((value) => ({ type, value })))],
  });
  return Buffer.from(csr.rawData).toString('base64url');
}

export class AcmeClient {
  readonly base: string;
  readonly key: Key;
  readonly #agent: Agent;
  kid: string | undefined;

  constructor(directory: string, ca: string, key: Key) {
    this.base = directory.replace(/\/directory$/, '');
    this.key = key;
    this.#agent = new Agent({ ca, keepAlive: true });
  }

  close(): void {
    this.#agent.destroy();
  }

  send(
    method: string,
    url: string,
    body?: string,
    contentType = 'application/jose+json',
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const headers = { ...more, ...(body === undefined ? {} : { 'Content-Type': contentType }) };
    // Whatever name is sent, the certificate is the server's.
    const asked = request(
      url,
      { method, agent: this.#agent, headers, servername: 'localhost' },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isJson = text !== '' && (response.headers['content-type'] ?? '').includes('json');
          const json = isJson ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : {};
          const problem = typeof json.type === 'string' ? json.type.split(':').at(-1) : undefined;
          resolve({ code: response.statusCode ?? 0, headers: response.headers, text, json, problem });
        });
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(body);
    return promise;
  }

  async nonce(): Promise<string> {
    return String((await this.send('HEAD', `${this.base}/new-nonce`)).headers['replay-nonce']);
  }

  /** The JWS of a request; `payload` undefined is POST-as-GET. */
  async jws(url: string, payload: unknown, wrong: Wrong = {}): Promise<string> {
    const key = wrong.key ?? this.key;
    const who = this.kid === undefined ? { jwk: key.jwk } : { kid: this.kid };
    const header = {
      alg: key.alg,
      nonce: wrong.nonce ?? (await this.nonce()),
      url: wrong.url ?? url,
      ...who,
      ...wrong.header,
    };
    const bytes = Buffer.from(payload === undefined ? '' : JSON.stringify(payload));
    return JSON.stringify(await new FlattenedSign(bytes).setProtectedHeader(header).sign(key.privateKey));
  }

  async post(path: string, payload?: unknown, wrong: Wrong = {}): Promise<Answer> {
    const url = path.startsWith('https:') ? path : `${this.base}${path}`;
    return this.send('POST', wrong.path ?? url, await this.jws(url, payload, wrong), wrong.contentType);
  }

  /** The external account binding of this client's key. */
  async bindingOf(
    { kid, hmacKey }: Binding,
    header: Readonly<Record<string, unknown>> = {},
  ): Promise<unknown> {
    return new FlattenedSign(Buffer.from(JSON.stringify(this.key.jwk)))
      .setProtectedHeader({ alg: 'HS256', kid, url: `${this.base}/new-account`, ...header })
      .sign(Buffer.from(hmacKey, 'base64url'));
  }

  async register(binding: Binding): Promise<Answer> {
    const answer = await this.post('/new-account', { externalAccountBinding: await this.bindingOf(binding) });
    if (answer.code === 201) this.kid = String(answer.headers.location);
    return answer;
  }

  /** The answer to a new order. */
  order(...names: readonly string[]): Promise<Answer> {
    return this.post('/new-order', { identifiers: names.map((value) => ({ type: 'dns', value })) });
  }

  /** Orders, finishes and downloads. */
  async obtain(...names: readonly string[]): Promise<{ readonly pem: string; readonly order: Answer }> {
    const order = await this.order(...names);
    const finished = await this.post(String(order.json.finalize), { csr: await csrOf(names) });
    const { text: pem } = await this.post(String(finished.json.certificate));
    return { pem, order: finished };
  }

  thumbprint(): Promise<string> {
    return calculateJwkThumbprint(this.key.jwk, 'sha256');
  }
}
