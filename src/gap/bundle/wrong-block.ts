/** What is said of a block that is not what was signed for. */
import { BLOCK_BYTES } from './limits.ts';
import { BundleError } from './problem.ts';
import type { BundleSource } from './source.ts';

/** `name`: the entry that it is of. Where it was made from old content, that is what is wrong: all that travelled was held against its own digests. */
export function wrongBlock(
  source: Pick<BundleSource, 'madeFrom'>,
  { name, size, part }: { readonly name: string; readonly size: number; readonly part: string },
  number: number,
): BundleError {
  const base = source.madeFrom?.(name);
  const last = Math.max(0, Math.ceil(size / BLOCK_BYTES) - 1);
  const why =
    base === undefined
      ? `is not what was signed for (blocks are numbered 0 to ${last})`
      : `its delta is what was signed for, and the old content is not: ${base} is damaged here`;
  return new BundleError('WrongDigest', `${part}, block ${number}`, why);
}
