/** Bounds of backups, in one place. */

/** Of PostgreSQL replaying its log while a backup is restored: a day's archive of a busy region fits. */
export const RECOVERY_LIMIT_MS = 4 * 60 * 60_000;
export const PROBE_MS = 50;
/** Log that PostgreSQL keeps for an archive that is not there. Past that the archive has a gap, and says so. */
export const KEPT_FOR_ARCHIVE_MB = 4_096;
/** Of what a program of PostgreSQL said, for the message when it fails. */
export const SAID_CHARACTERS_MAX = 8_192;
/** Lines of a backup's description. */
export const DESCRIPTION_BYTES_MAX = 65_536;
/** Segments of PostgreSQL's log in an archive: 16 TiB of log. */
export const SEGMENTS_MAX = 1_048_576;
/** How often a segment may have come to lie elsewhere while it was read: it becomes whole, and is sealed. */
export const MOVES_MAX = 3;
/** A history of a timeline has a line for each restore before it. */
export const HISTORY_BYTES_MAX = 1_048_576;
/** How long nothing may come into the archive of changes while there is something: then it is taken to hang, and let go of. */
export const HANG_MS = 30_000;
/** How often it is looked at in that time. */
export const HANG_LOOKS = 3;
