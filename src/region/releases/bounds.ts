/** How long an upgrade waits for anything. Together they keep the promise that what does not do well is gone within 60 s of the switch. */

/** From the switch until everything is ready. */
export const READY_LIMIT_MS = 25_000;
/** How long it has to do well before it stays. */
export const HOLD_MS = 15_000;
/** Between two looks at it. */
export const LOOK_MS = 250;
/** For what has to be told and written at the end. */
const SLACK_MS = 5_000;
/** After the switch the supervisor goes back by itself. */
export const TRIAL_LIMIT_MS = READY_LIMIT_MS + HOLD_MS + SLACK_MS;
/** Where people have to unseal the region, they are waited for besides. */
export const UNSEAL_LIMIT_MS = 15 * 60_000;
/** Of the release that came back. */
export const BACK_LIMIT_MS = 60_000;
/** Of one request to the API. */
export const REQUEST_LIMIT_MS = 5_000;
export const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
/** Of the new release's own word on what it would run. */
export const PLAN_LIMIT_MS = 120_000;
export const PLAN_BYTES_MAX = 1024 * 1024;
export const CHECK_LIMIT_MS = 120_000;
/** The old release works meanwhile. */
export const MIGRATE_LIMIT_MS = 3_600_000;
