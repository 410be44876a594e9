/** What a region has, as far as deltas need to know, and which of it a new part is most likely made from. Pure. */
import type { Item } from '../contents.ts';
import { TITLE } from '../descriptor.ts';
import { contentName } from './needs.ts';

export interface HadLayer {
  readonly digest: string;
  readonly size: number;
  /** Its name within the item. Layers of images have none. */
  readonly title?: string | undefined;
}

export interface HadItem {
  /** `<type>/<name>/<version>`. */
  readonly path: string;
  readonly layers: readonly HadLayer[];
}

export interface Had {
  /** By digest. */
  readonly digests: ReadonlySet<string>;
  readonly items: readonly HadItem[];
}

/** `items`: what is likeliest to be of use first. */
export const hadOf = (items: readonly HadItem[]): Had => ({
  digests: new Set(items.flatMap(({ layers }) => layers.map(({ digest }) => digest))),
  items,
});

export const hadItem = ({ path, layers }: Pick<Item, 'path' | 'layers'>): HadItem => ({
  path,
  layers: layers.map(({ descriptor: { digest, size, annotations } }) => ({
    digest,
    size,
    title: annotations?.[TITLE],
  })),
});

/** `<type>/<name>`. */
const kindOf = (path: string) => path.slice(0, path.lastIndexOf('/'));

/** Versions in names change: `tool-1.2.bin` is what `tool-1.1.bin` was. */
const timeless = (title: string) => title.replaceAll(/[0-9]+/g, '#');

export interface Candidate {
  readonly digest: string;
  readonly size: number;
  readonly name: string;
}

/**
 * Old content for a layer of an item: that of the same name in another version of the item; else of a name that differs in its digits only, nearest in size; for layers without a
 * name, the one at the same place. In the order in which to try them.
 */
export function candidatesFor(
  had: Had,
  path: string,
  layer: Omit<HadLayer, 'digest'>,
  place: number,
): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const item of had.items) {
    if (kindOf(item.path) !== kindOf(path)) continue;
    for (const { digest, size, title } of likeliest(item, layer, place)) {
      if (size > 0) found.push({ digest, size, name: contentName(item.path, title, digest) });
    }
  }
  return found;
}

function likeliest(
  { layers }: HadItem,
  { title, size }: Omit<HadLayer, 'digest'>,
  place: number,
): HadLayer[] {
  if (title === undefined) {
    const there = layers[place];
    return there === undefined || there.title !== undefined ? [] : [there];
  }
  const same = layers.filter((one) => one.title === title);
  const alike = layers.filter(
    (one) => one.title !== undefined && one.title !== title && timeless(one.title) === timeless(title),
  );
  return [...same, ...alike.sort((a, b) => Math.abs(a.size - size) - Math.abs(b.size - size)).slice(0, 1)];
}
