/** Why an archive cannot be looked into as a whole. */
export class ArchiveError extends Error {}
