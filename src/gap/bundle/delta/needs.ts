/** What a bundle of deltas needs of those before it, and whether it is there: asked before anything is changed. */
import { blobsOf, type Item } from '../contents.ts';
import { TITLE } from '../descriptor.ts';
import type { Bases } from './bases.ts';
import type { Deltas } from './document.ts';

/** One piece of old content. */
export interface Need {
  readonly digest: string;
  readonly size: number;
  /** What it is called: `files/models/1.1: model.bin`. */
  readonly name: string;
}

const NAMED_MAX = 8;

/** A bundle came before one that it builds on. Nothing of it was taken, and it can be later. */
export class MissingBasesError extends Error {
  override readonly name = 'MissingBasesError';

  static of(missing: readonly Need[]): MissingBasesError {
    return new MissingBasesError(`it builds on content that is not here: ${missingText(missing)}`);
  }
}

export function missingText(missing: readonly Need[]): string {
  const named = missing.slice(0, NAMED_MAX).map(({ name, digest }) => `${name} (${digest})`);
  const more = missing.length > NAMED_MAX ? `, and ${missing.length - NAMED_MAX} more` : '';
  return `${named.join(', ')}${more}`;
}

/** How content is called, for people. */
export const contentName = (path: string, title: string | undefined, digest: string): string =>
  `${path}: ${title ?? digest}`;

/** Everything that the bundle builds on, each once, unless `has` says that its result is there already. */
export async function needsOf(
  deltas: Deltas,
  items: readonly Item[],
  has: (digest: string, size: number) => Promise<boolean> = async () => false,
): Promise<readonly Need[]> {
  const needs = new Map<string, Need>();
  for (const item of items) {
    for (const { descriptor } of blobsOf(item)) {
      const { digest, size, annotations } = descriptor;
      const base = deltas.byDigest.get(digest)?.base;
      if (base === undefined && !deltas.left.has(digest)) continue;
      if (await has(digest, size)) continue;
      const need = base ?? { digest, size, name: contentName(item.path, annotations?.[TITLE], digest) };
      needs.set(need.digest, need);
    }
  }
  return [...needs.values()];
}

/** Those that are not there. */
export async function missingOf(needs: readonly Need[], bases: Bases): Promise<readonly Need[]> {
  const missing: Need[] = [];
  for (const need of needs) if (!(await bases.has(need.digest, need.size))) missing.push(need);
  return missing;
}
