/** Reads a log of this console's realm over its API: tiles, what stands beside leaves, and the objects as changes recorded them. Believes none of it. */
import { ApiError, ask } from '../api/client.ts';
import { place } from '../session/place.ts';
import type { Bytes } from './bytes.ts';
import { ProofError } from './problem.ts';
import { type LogSource, readBundle } from './proof.ts';
import { TILE_WIDTH } from './tiles.ts';
import type { LogPlace } from './trusted-keys.ts';

export const LOGS = ['changes', 'access'] as const;
export type LogName = (typeof LOGS)[number];

/** A full bundle of the longest leaves. */
const ANSWER_BYTES_MAX = TILE_WIDTH * (65_535 + 2);
/** Bundles kept to be shown again. */
const BUNDLES_KEPT_MAX = 64;

export const sourceOf = (log: LogName): LogSource => ({
  async read(path) {
    try {
      const answer = await ask(`/ledger/${log}/${path}`, { accept: '*/*' });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      if (bytes.length > ANSWER_BYTES_MAX) throw new ProofError('tile', `${path} is too long to be right`);
      return bytes;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  },
});

/** `source`: where else the log is read from. */
export const placeOf = (log: LogName, source = sourceOf(log)): LogPlace => ({
  source,
  memory: localStorage,
  prefix: place.prefix,
  log,
  now: () => new Date().toISOString(),
});

const kept = new Map<string, Promise<readonly Bytes[]>>();

/** The leaves of a bundle in a log of `size` leaves, to be shown: what was read once is not read again. */
export function bundleOf(log: LogName, size: number, bundle: number): Promise<readonly Bytes[]> {
  const width = Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH);
  const name = `${log} ${bundle} ${width}`;
  const known = kept.get(name);
  if (known !== undefined) return known;
  const read = readBundle(sourceOf(log), size, bundle);
  kept.set(name, read);
  // What failed is asked anew.
  read.catch(() => kept.delete(name));
  const [oldest] = kept.keys();
  if (kept.size > BUNDLES_KEPT_MAX && oldest !== undefined) kept.delete(oldest);
  return read;
}

/** What stands beside 256 leaves of persons, by index, unchecked. */
export async function recordsOf(log: LogName, bundle: number): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await sourceOf(log).read(`personal/${bundle}`);
  const value: unknown = bytes === undefined ? {} : JSON.parse(new TextDecoder().decode(bytes));
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** The object as a change recorded it, or the API's word on why there is none to see: not kept any more, sealed, or not for this person. */
export type RecordedBody = { readonly bytes: Bytes } | { readonly noBody: string };

const CODES_OF_NO_BODY: ReadonlySet<number> = new Set([403, 404, 410]);

export async function bodyOf(index: number): Promise<RecordedBody> {
  try {
    const answer = await ask(`/ledger/changes/body/${index}`, { accept: '*/*' });
    return { bytes: new Uint8Array(await answer.arrayBuffer()) };
  } catch (error) {
    if (error instanceof ApiError && CODES_OF_NO_BODY.has(error.code)) return { noBody: error.message };
    throw error;
  }
}
