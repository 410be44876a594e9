/** How much of anything an archive may hold when something here looks into it, on its way in or out. Each is checked before memory or time is taken for it. */

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** Names and extended headers of a tar file. */
export const TAR_TEXT_BYTES_MAX = 64 * KIB;
/** A path in an archive, as Linux has it. */
export const NAME_BYTES_MAX = 4_096;

/** Entries of one archive that comes in. The names that are kept of them are all the memory it takes. */
export const MEMBERS_MAX = 1_000_000;
/** Characters of all names that are kept of one archive. */
export const NAMES_KEPT_MAX = 64 * MIB;
/** What one archive that comes in may unpack to. */
export const UNPACKED_BYTES_MAX = 64 * GIB;
/** How many times larger than itself it may become, past the first bytes. DEFLATE reaches 1,032. */
export const EXPANSION_MAX = 200;
export const EXPANSION_FREE_BYTES = 16 * MIB;
/** 2^27: what zstd itself grants without being asked. */
export const ZSTD_WINDOW_LOG_MAX = 27;
/** What xz takes at its highest level. */
export const XZ_DICTIONARY_BYTES_MAX = 64 * MIB;
/** Of one .xz file: what xz packs with several threads has one for each 24 MiB. */
export const XZ_BLOCKS_MAX = 16_384;
/** `debian-binary`, `control.tar`, `data.tar`, and signatures of some makers. */
export const AR_MEMBERS_MAX = 16;
