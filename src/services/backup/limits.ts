/** Every bound of backups, with its name. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Runs, restores and upkeep of repositories at once, in a region: each is a process with a share of the machine. */
export const AT_ONCE_MAX = 3;
/** Until one that found no room looks again. */
export const NO_ROOM_RETRY_MS = 5_000;
/** One attempt of a run or a restore. */
export const ATTEMPT_MS_MAX = 24 * HOUR_MS;
/** Attempts of a run or a restore that broke off; saved items are not saved again. */
export const ATTEMPTS_MAX = 5;
/** After the first; four times as long after each: 14 minutes in all. */
const ATTEMPT_AGAIN_MS = 10_000;
export const attemptAgain_ms = (attempts: number): number =>
  ATTEMPT_AGAIN_MS * 4 ** Math.max(0, attempts - 1);
/** Objects of one run; more are refused, named by the plan's condition. */
export const ITEMS_MAX = 500;
/** Of one item: what could not be saved of it, in words. */
export const WARNINGS_MAX = 20;
export const WARNING_CHARACTERS_MAX = 300;
/** Between two looks whether a run was deleted meanwhile. */
export const LOOK_MS = 2_000;
/** Between two notes of which items are saved. */
export const NOTE_MS = 10_000;
/** Room that deleted snapshots took is given back at most so often. */
export const PRUNE_EVERY_MS = DAY_MS;
/** Of a test: so much is read back of a backup's items, and at least one of them. */
export const TEST_BYTES_MAX = 64 * 2 ** 30;
/** Outcomes of tests that are kept. */
export const TESTS_KEPT_MAX = 60;
/** Timers are not for months. */
export const LOOK_AGAIN_MS_MAX = 6 * HOUR_MS;
/** While one that is due is kept because it is the last, or a repository cannot be reached. */
export const KEPT_RETRY_MS = 10 * MINUTE_MS;
/** Plans in a project. */
export const PLANS_MAX = 100;
