/** Bounds and lifetimes of ACME, by name. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Of a certificate. */
export const VALIDITY_DAYS_MAX = 30;
/** Names of one certificate. */
export const NAMES_MAX = 20;
/** Patterns of one account. */
export const PATTERNS_MAX = 64;
export const CONTACTS_MAX = 8;
export const CONTACT_LENGTH_MAX = 256;

/** A request: a signing request of RSA-8192 is 2 KiB, and encoded three times by then. */
export const BODY_BYTES_MAX = 32 * 1024;
export const URL_LENGTH_MAX = 1_024;

export const NONCE_MS = 10 * MINUTE_MS;
/** As long as an order may take from its beginning to its end. */
export const ORDER_MS = 24 * HOUR_MS;
/** Orders of one account that are under way. */
export const ORDERS_PER_ACCOUNT_MAX = 100;
/** Certificates of one account that have not expired. */
export const CERTIFICATES_PER_ACCOUNT_DEFAULT = 100;
export const CERTIFICATES_PER_ACCOUNT_MAX = 10_000;
/** After which somebody who has too many tries again. */
export const TOO_MANY_RETRY_S = 3_600;

/** Requests that one address may make at once, and how many it regains in a second. A certificate takes about twelve. */
export const ADDRESS_BURST = 240;
export const ADDRESS_PER_SECOND = 8;
export const ADDRESSES_MAX = 10_000;

/** How long the region knocks at an instance's door, and how much it listens to. */
export const CHALLENGE_MS = 5_000;
export const CHALLENGE_BYTES_MAX = 1_024;
/** Doors knocked at at once. */
export const CHALLENGES_MAX = 32;

/** What has expired, and what was revoked of it, stays as an object for somebody who looks. */
export const EXPIRED_KEPT_MS = DAY_MS;
/** A list of revoked certificates is good for this long, and made anew when half of it is over. */
export const LIST_MS = DAY_MS;
