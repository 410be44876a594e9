/**
 * Every bound of the store, by name. Defaults suit one machine; tests and simulation may shrink them.
 */
export interface StoreLimits {
  /** Writes that may wait in a realm's lane; more are refused with 429. */
  readonly laneQueue_max: number;
  /** Writes decided and committed together. */
  readonly laneBatch_max: number;
  /** Bytes of bodies committed together (one write more may exceed it). */
  readonly laneBatch_bytes_max: number;
  /** Tries of one batch against other replicas' commits before its writers are told to come back. */
  readonly laneAttempts_max: number;
  /** Changes read at once when catching up with the log. */
  readonly catchUp_max: number;
  /** Events kept in memory, per kind, for watches to resume from. */
  readonly watchRing_max: number;
  /** Bytes of objects those events may hold, per kind. */
  readonly watchRing_bytes_max: number;
  /** Events that one `next` of a watch gives at most. */
  readonly watchBatch_max: number;
  /** Events that a resuming watch reads from storage at most; a client further behind must list again. */
  readonly watchHistory_max: number;
  /** Watches open in one realm. */
  readonly watches_max: number;
  /** An idle watch is told the current revision this often. */
  readonly bookmark_ms: number;
  /** How far back a watch may resume from storage. How long bodies are kept is each realm's RetentionPolicy. */
  readonly history_ms: number;
  /** A realm that nobody holds leaves memory after this. */
  readonly idle_ms: number;
  /** Realms in memory that nobody holds; past it those idle longest leave earlier. Each takes 100 to 300 KiB. */
  readonly idleRealms_max: number;
  /** How often realms in memory are compared with storage, evicted, trimmed: the fallback of every wake-up. */
  readonly housekeeping_ms: number;
  /** How often the region's log takes in the checkpoints of logs that grew. */
  readonly checkpoint_ms: number;
  /** Checkpoints kept of each log, for verifiers; past it the earliest go. About 250 bytes each. */
  readonly checkpoints_max: number;
  /** Access records that may wait, per realm; more are counted, and the count is recorded. */
  readonly accessQueue_max: number;
  /** Access records committed together. */
  readonly accessBatch_max: number;
  /** One object's JSON. */
  readonly object_bytes_max: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

export const DEFAULT_LIMITS: StoreLimits = {
  laneQueue_max: 10_000,
  laneBatch_max: 500,
  laneBatch_bytes_max: 8 * MiB,
  laneAttempts_max: 20,
  catchUp_max: 1_000,
  watchRing_max: 4_096,
  watchRing_bytes_max: 16 * MiB,
  watchBatch_max: 512,
  watchHistory_max: 10_000,
  watches_max: 20_000,
  bookmark_ms: 30_000,
  history_ms: 60 * 60_000,
  idle_ms: 5 * 60_000,
  idleRealms_max: 1_000,
  housekeeping_ms: 5_000,
  checkpoint_ms: 60_000,
  checkpoints_max: 4_096,
  accessQueue_max: 10_000,
  accessBatch_max: 500,
  object_bytes_max: 1_536 * KiB,
};
