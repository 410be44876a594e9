/** How much of anything an export may hold. Each is checked before memory, disk or time is taken for what it bounds. */

export const KIB = 1024;
export const MIB = 1024 * KIB;

/** Everything that one request lets out. A policy may ask for less, never for more. */
export const EXPORT_BYTES_MAX = 1024 * MIB;
export const FILES_MAX = 500;
/** Content is uploaded, sealed and read in pieces of this; the last one of a file may be shorter. */
export const PIECE_BYTES = MIB;
/** Requests of one realm, ended ones included. */
export const REQUESTS_MAX = 1_000;
/** Requests of one realm that hold content: each may hold as much as its policy allows. */
export const OPEN_REQUESTS_MAX = 32;

/** What one realm's requests hold on the disk at once, content and packages. */
export const HELD_BYTES_MAX = 4 * EXPORT_BYTES_MAX;

/** Findings that one request shows; what is more is counted. */
export const FINDINGS_MAX = 256;
/** Of one rule in one file. */
export const FINDINGS_PER_RULE_MAX = 8;

/** Archives within archives. */
export const DEPTH_MAX = 4;
/** Entries of all archives of one request. */
export const MEMBERS_MAX = 20_000;
/** What all archives of one request may unpack to. */
export const EXPANDED_BYTES_MAX = 2 * EXPORT_BYTES_MAX;
/** How many times larger than itself compressed content may become, past the first MiB. DEFLATE reaches 1,032. */
export const EXPANSION_MAX = 200;
/** A zip file is read from its end, so it is held in memory as a whole. */
export const ZIP_BYTES_MAX = 32 * MIB;

/** How long content may take to arrive. */
export const UPLOAD_MS = 24 * 60 * 60_000;
