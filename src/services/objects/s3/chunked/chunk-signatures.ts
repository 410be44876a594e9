/** Signatures of chunks and of the trailer: each goes on from the one before, the first from the request's (S3 API reference, "Chunked upload"). */
import { createHash, type Hash, timingSafeEqual } from 'node:crypto';
import { S3Error } from '../errors.ts';
import type { SignatureChain } from '../signature/authenticate.ts';
import { EMPTY_SHA256 } from '../signature/canonical.ts';
import { hmac } from '../signature/signing-keys.ts';

const PAYLOAD = 'AWS4-HMAC-SHA256-PAYLOAD';
const TRAILER = 'AWS4-HMAC-SHA256-TRAILER';

export class ChunkSignatures {
  readonly #chain: SignatureChain;
  #previous: string;

  constructor(chain: SignatureChain) {
    this.#chain = chain;
    this.#previous = chain.seed;
  }

  /** `hash`: SHA-256 of the chunk's bytes. Throws SignatureDoesNotMatch. */
  checkChunk(hash: Hash, signature: string): void {
    this.#check(
      [PAYLOAD, this.#chain.time, this.#chain.scope, this.#previous, EMPTY_SHA256, hash.digest('hex')],
      signature,
    );
  }

  /** `text`: each trailer as `name:value` and a newline. */
  checkTrailer(text: string, signature: string): void {
    const digest = createHash('sha256').update(text, 'latin1').digest('hex');
    this.#check([TRAILER, this.#chain.time, this.#chain.scope, this.#previous, digest], signature);
  }

  #check(lines: readonly string[], signature: string): void {
    const expected = hmac(this.#chain.signingKey, lines.join('\n'));
    const given = Buffer.from(signature, 'hex');
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new S3Error(
        'SignatureDoesNotMatch',
        `the signature of a ${lines[0] === TRAILER ? 'trailer' : 'chunk'} does not match`,
      );
    this.#previous = signature;
  }
}
