/**
 * The bodies of objects that changes recorded, as somebody outside checks them: the log tells the digests of those that it still has, and each has
 * to be the one in its leaf. One that is gone has to be accounted for by a later leaf. A body itself is for those who may get its object.
 */
import { bodyJson } from '#kernel/log/body.ts';
import { bodyDigest, type ChangeLeaf, type ErasureLeaf } from '#kernel/log/leaf.ts';
import { LogError } from '#kernel/log/log-error.ts';
import { type Erased, GoneWalk } from './gone.ts';
import type { Problem } from './problem.ts';
import type { TileSource } from './source.ts';

export const bodiesPath = (bundle: number): string => `bodies/${bundle}`;

/** By index, the digest of each body that is there. */
export type BodyDigests = Readonly<Record<string, string>>;

/** The digests of 256 leaves, unchecked. Undefined where they are not served, as of a copy of a log. */
export async function readBodyDigests(source: TileSource, bundle: number): Promise<BodyDigests | undefined> {
  const bytes = await source.read(bodiesPath(bundle));
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new LogError('MALFORMED_LEAF', `${bodiesPath(bundle)}: not JSON`);
  }
  if (
    typeof value !== 'object' ||
    value === null ||
    Object.values(value).some((one) => typeof one !== 'string')
  ) {
    throw new LogError('MALFORMED_LEAF', `${bodiesPath(bundle)}: not an object of digests`);
  }
  return value as BodyDigests;
}

/** A body, as the log gives it to whoever may get its object. */
export const bodyPath = (index: number): string => `body/${index}`;

/** The object that a body is. Throws a LogError when it is not the one that the leaf was written for. */
export function openBody(leaf: ChangeLeaf, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  if (bodyDigest(bytes) !== leaf.digest) {
    throw new LogError('MALFORMED_LEAF', `the body of leaf ${leaf.index} is not the one it was written for`);
  }
  const json = bodyJson(bytes);
  return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8'));
}

export interface BodiesReport extends Erased {
  /** Bodies that are there, and are those that the leaves were written for. */
  readonly kept: number;
}

/** What a bundle of leaves says of bodies, in order: how many are as they should be, which are gone, and what was erased. */
export interface BundleBodies {
  readonly kept: number;
  readonly events: readonly (number | ErasureLeaf)[];
}

/** Follows the leaves of a changes log in order. */
export class BodiesWalk {
  #kept = 0;
  readonly #gone = new GoneWalk();

  take({ kept, events }: BundleBodies): void {
    this.#kept += kept;
    for (const event of events) {
      if (typeof event === 'number') this.#gone.missing(event);
      else this.#gone.erasure(event);
    }
  }

  erasure(leaf: ErasureLeaf): void {
    this.#gone.erasure(leaf);
  }

  problems(): readonly Problem[] {
    return this.#gone.problems('BODY_MISSING', ['body', 'bodies']);
  }

  report(): BodiesReport | undefined {
    const gone = this.#gone.report();
    if (this.#kept === 0 && !gone.isAny) return undefined;
    return { kept: this.#kept, erased: gone.erased, erasures: gone.erasures };
  }
}
