/** Which blocks of a set are there, and what the others come to: a bit for each. Pure. */
import { BundleError } from '../problem.ts';
import type { VolumeSet } from './frame.ts';
import { PLACES_NAMED_MAX } from './limits.ts';

export class Presence {
  readonly set: VolumeSet;
  readonly #bits: Uint8Array;
  #count = 0;

  constructor(set: VolumeSet) {
    this.set = set;
    this.#bits = new Uint8Array(Math.ceil(set.geometry.positions / 8));
  }

  get count(): number {
    return this.#count;
  }

  has(position: number): boolean {
    return ((this.#bits[position >> 3] ?? 0) & (1 << (position & 7))) !== 0;
  }

  /** False when it was there already. */
  add(position: number): boolean {
    if (this.has(position)) return false;
    this.#bits[position >> 3] = (this.#bits[position >> 3] ?? 0) | (1 << (position & 7));
    this.#count += 1;
    return true;
  }

  /** What was thought to be there is not. */
  remove(position: number): void {
    if (!this.has(position)) return;
    this.#bits[position >> 3] = (this.#bits[position >> 3] ?? 0) & ~(1 << (position & 7));
    this.#count -= 1;
  }

  /** Takes all from `first` up to below `end` as there. */
  addAll(first: number, end: number): void {
    for (let position = first; position < end; position++) this.add(position);
  }

  /** Groups of which some of the file's own blocks are missing, in order. */
  damagedGroups(): number[] {
    const { blocks, groups } = this.set.geometry;
    const damaged = new Set<number>();
    for (let position = 0; position < blocks; position++) {
      // Whole bytes of the bitmap at once: most are full.
      if ((position & 7) === 0 && this.#bits[position >> 3] === 0xff) position += 7;
      else if (!this.has(position)) damaged.add(position % groups);
    }
    return [...damaged].sort((a, b) => a - b);
  }

  /** Symbols of a group that are there, the file's own first. */
  symbolsOf(group: number): number[] {
    const { geometry } = this.set;
    const all = geometry.sourceBlocks(group) + geometry.parameters.repair;
    const symbols: number[] = [];
    for (let symbol = 0; symbol < all; symbol++) {
      if (this.has(geometry.positionOf({ group, symbol }))) symbols.push(symbol);
    }
    return symbols;
  }

  /** How many blocks are lacking at least for the file to come out whole; 0 when it can be repaired. */
  lacking(damaged = this.damagedGroups()): Lacking {
    const { geometry } = this.set;
    // Far from enough: which groups lack how many is no longer worth finding out.
    if (this.#count < geometry.blocks / 2)
      return { blocks: geometry.blocks - this.#count, groups: geometry.groups };
    let [blocks, groups] = [0, 0];
    for (const group of damaged) {
      const lacks = geometry.sourceBlocks(group) - this.symbolsOf(group).length;
      if (lacks <= 0) continue;
      blocks += lacks;
      groups += 1;
    }
    return { blocks, groups };
  }

  /** Such as `volume 3 (all of its 512 blocks)`, `volume 5 (blocks 17 to 20 and 31)`: the volumes in order. */
  missing(): string[] {
    const { geometry } = this.set;
    const places: string[] = [];
    for (let volume = 1; volume <= geometry.parameters.volumes; volume++) {
      const [first, end] = [geometry.firstOf(volume), geometry.endOf(volume)];
      const runs = this.#missingRuns(first, end);
      if (runs.missing === 0) continue;
      if (runs.missing === end - first) places.push(`volume ${volume} (all of its ${runs.missing} blocks)`);
      else places.push(`volume ${volume} (${runsText(runs, first)})`);
    }
    const more = places.length - PLACES_NAMED_MAX;
    return more <= 0 ? places : [...places.slice(0, PLACES_NAMED_MAX), `${more} more volumes`];
  }

  #missingRuns(first: number, end: number): Runs {
    const named: Run[] = [];
    let last: Run | undefined;
    let missing = 0;
    for (let position = first; position < end; position++) {
      if (this.has(position)) continue;
      missing += 1;
      if (last?.end === position) last.end = position + 1;
      // However many there are, a few are kept.
      else if (named.length < PLACES_NAMED_MAX) {
        last = { first: position, end: position + 1 };
        named.push(last);
      }
    }
    return { named, missing };
  }
}

export interface Lacking {
  readonly blocks: number;
  readonly groups: number;
}

interface Run {
  readonly first: number;
  end: number;
}

interface Runs {
  /** The first ones. */
  readonly named: readonly Run[];
  /** Blocks of all of them. */
  readonly missing: number;
}

/** Numbered within the volume, from 0. */
function runsText({ named, missing }: Runs, start: number): string {
  const shown = named.map(({ first, end }) =>
    end - first === 1 ? `${first - start}` : `${first - start} to ${end - 1 - start}`,
  );
  const rest = named.reduce((count, { first, end }) => count - (end - first), missing);
  return `blocks ${shown.join(', ')}${rest === 0 ? '' : ` and ${rest} more`}`;
}

const ID_SHOWN = 12;

/** As people compare it. */
export const shortId = ({ id }: VolumeSet): string => id.slice(0, ID_SHOWN);

/** Why a set cannot be put together: what is missing, and how much more is needed. */
export function shortage(presence: Presence, { blocks, groups }: Lacking): BundleError {
  const { geometry } = presence.set;
  const count = blocks === 1 ? '1 more block is' : `${blocks} more blocks are`;
  const where = geometry.groups === 1 ? '' : ` (for ${groups} of its ${geometry.groups} groups)`;
  return new BundleError(
    'Missing',
    `set ${shortId(presence.set)}`,
    `${count} needed at least${where}, whichever of those that are missing: ${presence.missing().join('; ')}`,
  );
}
