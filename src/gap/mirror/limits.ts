/** Bounds of the mirror, by name. */

/** Where it listens, at the gateway of each network. */
export { MIRROR_PORT } from '#engines/nftables/workload-ports.ts';

/** Packages of all kinds together; each version of one counts. */
export const PACKAGES_MAX = 200_000;
/** The indexes of one item, as they were built. */
export const INDEX_BYTES_MAX = 256 * 1024 * 1024;
/** What is served, as a file. */
export const TREE_BYTES_MAX = 512 * 1024 * 1024;

/** Networks that are served at once. */
export const GATEWAYS_MAX = 4_096;
/** Connections to one gateway, and of one instance: npm opens 15, apt one. */
export const CONNECTIONS_MAX = 1_024;
export const CONNECTIONS_OF_ONE_MAX = 32;
export const HEADER_BYTES_MAX = 8_192;
export const PATH_LENGTH_MAX = 2_048;
/** From connecting to the whole request. */
export const REQUEST_LIMIT_MS = 10_000;
/** A connection that carries nothing for so long is closed, in the middle of a file too. */
export const IDLE_LIMIT_MS = 60_000;
/** Read of a file at once. */
export const PIECE_BYTES = 256 * 1024;
/** Answers about where a package came from: versions in one. */
export const ORIGINS_SHOWN_MAX = 1_000;
