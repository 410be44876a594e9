/** How much of anything a set of volumes may hold. What a frame says is held against these before memory or disk is taken for it. */
import { MIB } from '../limits.ts';

/** What is lost together when one bit is wrong. Eight KiB: a few sectors of a disk, a few packets of a diode. */
export const VOLUME_BLOCK_BYTES = 8_192;
/** Blocks that repair each other: wide, so that losses of 5 % here and there never come to 10 % of one group. */
export const GROUP_BLOCKS_MAX = 1_024;
/** A file that is split: a model of the largest size, and what goes with it. */
export const FILE_BYTES_MAX = 2 * 1024 * 1024 * MIB;
/** Everything twice: half of what arrives suffices then. */
export const PARITY_PERCENT_MAX = 100;
/**
 * The code asks for a little more than Reed-Solomon: of groups with just as many blocks as they had, one in 256 cannot be repaired yet; with one more, one in 65,536; with
 * two, one in 16 million (1 / 256^(h+1), as the authors of RFC 6330 and the library have it). So there are two more than was asked for.
 */
export const SPARE_BLOCKS = 2;
export const REPAIR_MAX = GROUP_BLOCKS_MAX + SPARE_BLOCKS;
/** Three digits in names, and a file that is open for each. */
export const VOLUMES_MAX = 999;
/** Files that one set is looked for in: each volume twice, and a few. */
export const VOLUME_FILES_MAX = 2_048;
/** How far into a file its first good frame is looked for. */
export const PROBE_BYTES_MAX = 4 * MIB;
/** Frames that are hashed in vain, for each that there was room for, before whoever made this up is told so. */
export const VAIN_PER_FRAME_MAX = 4;
export const VAIN_SLACK = 1_024;
/** Groups that are encoded from one reading: each takes 8 MiB. */
export const GROUPS_AT_ONCE = 8;
export const THREADS_MAX = 4;
/** Places that are named when blocks are missing; of the rest only the number is. */
export const PLACES_NAMED_MAX = 12;
/** Repaired blocks that are kept in memory while a bundle is read straight from its volumes; when more are damaged it has to be joined first. */
export const REPAIRED_BYTES_MAX = 256 * MIB;
/** Volumes that are open at a time while a bundle is read straight from them. */
export const OPEN_VOLUMES_MAX = 64;
