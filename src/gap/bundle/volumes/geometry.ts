/**
 * Which block stands where. A file is cut into blocks; block n belongs to group n modulo G, so that what lies side by side is in different groups, and a burst
 * takes little of each. Each group has the same number of repair blocks. Positions count first the file's blocks in their order, then the repair
 * blocks, group by group for each number; volumes are equal stretches of positions. Pure.
 */
import {
  FILE_BYTES_MAX,
  GROUP_BLOCKS_MAX,
  PARITY_PERCENT_MAX,
  REPAIR_MAX,
  SPARE_BLOCKS,
  VOLUME_BLOCK_BYTES,
  VOLUMES_MAX,
} from './limits.ts';

/** All that a set is made by; the rest follows. */
export interface SetParameters {
  /** Bytes of the file. */
  readonly size: number;
  /** Repair blocks of each group. */
  readonly repair: number;
  readonly volumes: number;
}

/** A block's place among those that repair each other: below `sourceBlocks(group)` the file's own, from there on repair blocks. */
export interface Place {
  readonly group: number;
  readonly symbol: number;
}

const isWithin = (value: number, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= least && value <= most;

export class Geometry {
  readonly parameters: SetParameters;
  /** The file's own blocks; the last one is filled up with zeros. */
  readonly blocks: number;
  readonly groups: number;
  readonly positions: number;
  /** Positions of a volume; the last one may have fewer. */
  readonly volumePositions: number;

  private constructor(parameters: SetParameters) {
    const { size, repair, volumes } = parameters;
    this.parameters = parameters;
    this.blocks = Math.ceil(size / VOLUME_BLOCK_BYTES);
    this.groups = Math.ceil(this.blocks / GROUP_BLOCKS_MAX);
    this.positions = this.blocks + this.groups * repair;
    this.volumePositions = Math.ceil(this.positions / volumes);
  }

  /** Undefined when no set has these parameters. */
  static of(parameters: SetParameters): Geometry | undefined {
    const { size, repair, volumes } = parameters;
    if (!isWithin(size, 1, FILE_BYTES_MAX)) return undefined;
    if (!isWithin(repair, 0, REPAIR_MAX) || !isWithin(volumes, 1, VOLUMES_MAX)) return undefined;
    const geometry = new Geometry(parameters);
    // So that no volume is empty, and one set has one form.
    return Math.ceil(geometry.positions / geometry.volumePositions) === volumes ? geometry : undefined;
  }

  /** How many blocks of the file a group has. */
  sourceBlocks(group: number): number {
    return Math.floor((this.blocks - 1 - group) / this.groups) + 1;
  }

  placeOf(position: number): Place {
    if (position < this.blocks)
      return { group: position % this.groups, symbol: Math.floor(position / this.groups) };
    const rest = position - this.blocks;
    const group = rest % this.groups;
    return { group, symbol: this.sourceBlocks(group) + Math.floor(rest / this.groups) };
  }

  positionOf({ group, symbol }: Place): number {
    const own = this.sourceBlocks(group);
    return symbol < own ? symbol * this.groups + group : this.blocks + (symbol - own) * this.groups + group;
  }

  /** Counted from 1, as people do. */
  volumeOf(position: number): number {
    return Math.floor(position / this.volumePositions) + 1;
  }

  firstOf(volume: number): number {
    return (volume - 1) * this.volumePositions;
  }

  /** Where the volume ends: the first position that is not in it. */
  endOf(volume: number): number {
    return Math.min(volume * this.volumePositions, this.positions);
  }
}

/**
 * Parameters of a set. `parity_percent` of each group's blocks may be lost; without `blocksPerVolume` there is one volume.
 * Throws RangeError for what no set can have.
 */
export function parametersFor(
  size: number,
  parity_percent: number,
  blocksPerVolume = Number.POSITIVE_INFINITY,
): SetParameters {
  if (!isWithin(size, 1, FILE_BYTES_MAX))
    throw new RangeError(`a file of ${size} bytes cannot be split; the most is ${FILE_BYTES_MAX}`);
  if (!(parity_percent >= 0 && parity_percent <= PARITY_PERCENT_MAX))
    throw new RangeError(`parity of ${parity_percent} % is not between 0 and ${PARITY_PERCENT_MAX}`);
  const blocks = Math.ceil(size / VOLUME_BLOCK_BYTES);
  const groups = Math.ceil(blocks / GROUP_BLOCKS_MAX);
  const largest = Math.ceil(blocks / groups);
  const repair = parity_percent === 0 ? 0 : Math.ceil((largest * parity_percent) / 100) + SPARE_BLOCKS;
  const positions = blocks + groups * repair;
  if (!(blocksPerVolume >= 1)) throw new RangeError('a volume holds not even one block');
  const wanted = Math.ceil(positions / Math.min(blocksPerVolume, positions));
  if (wanted > VOLUMES_MAX)
    throw new RangeError(`that would be ${wanted} volumes; the most is ${VOLUMES_MAX}: make them larger`);
  const volumes = Math.ceil(positions / Math.ceil(positions / wanted));
  return { size, repair, volumes };
}

/** How many whole volumes may be lost, whichever they are, and nothing else. */
export function volumesThatMayBeLost(geometry: Geometry): number {
  const { parameters, groups, volumePositions } = geometry;
  const spared = parameters.repair - SPARE_BLOCKS;
  if (spared <= 0) return 0;
  // A stretch meets a group at every G-th position, and once more where the repair blocks begin.
  const mostOfOneGroup = Math.ceil(volumePositions / groups) + 1;
  return Math.min(Math.floor(spared / mostOfOneGroup), parameters.volumes - 1);
}
