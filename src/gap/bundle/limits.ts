/**
 * How much of anything a bundle may hold. Each is checked before memory is taken for what it bounds, so that nothing that somebody made up can
 * take the machine's memory, disk or time.
 */

export const MIB = 1024 * 1024;

/** Large blobs are checked, and resumed, in steps of this. */
export const BLOCK_BYTES = 4 * MIB;
/** One blob: a language model, say. */
export const BLOB_BYTES_MAX = 1024 * 1024 * MIB;
/** The digests of the blocks of the largest blob, as JSON: 67 characters each. */
export const BLOCKS_BYTES_MAX = 20 * MIB;

export const ITEMS_MAX = 4_096;
/** Layers of one manifest: for `files`, its files. */
export const LAYERS_MAX = 16_384;
/** Images of one list: one for each architecture, and what their builders said about each. */
export const IMAGES_MAX = 64;
export const MANIFEST_BYTES_MAX = 8 * MIB;
export const CONFIG_BYTES_MAX = 16 * MIB;
export const INDEX_BYTES_MAX = 8 * MIB;
/** Blobs of a whole bundle; entries of a tar file are these and two more. */
export const BLOBS_MAX = 262_144;

/** Parts of a bundle that travel as deltas; any more travel whole. */
export const DELTAS_MAX = LAYERS_MAX;
/** What is said of all of them. */
export const DELTAS_BYTES_MAX = 64 * MIB;
/** Of the old content, for one block of the new. */
export const WINDOW_BYTES_MAX = 12 * MIB;
/** One block that cannot be made smaller, and what zstd adds to it (`ZSTD_compressBound`). */
export const FRAME_BYTES_MAX = BLOCK_BYTES + BLOCK_BYTES / 128;

/** SBOM, provenance, VEX: each. They are parsed only where somebody asks for them. */
export const STATEMENT_BYTES_MAX = 64 * MIB;

/** As many as other TUF clients follow. */
export const ROOTS_MAX = 256;
export const ROOT_BYTES_MAX = 512_000;
export const TIMESTAMP_BYTES_MAX = 512_000;
export const SNAPSHOT_BYTES_MAX = 512_000;
export const TARGETS_BYTES_MAX = 8 * MIB;
export const SIGNERS_MAX = 16;
/** Groups that parts of one list are delegated to. */
export const DELEGATIONS_MAX = 8;
/** In one metadata file: two of each signer, twice that while a root changes hands, and some room. */
export const SIGNATURES_MAX = 64;
export const VERSION_MAX = 2_147_483_647;

export const RECIPE_BYTES_MAX = MIB;
export const KEY_FILE_BYTES_MAX = 65_536;
