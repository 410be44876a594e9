/** Bounds of the SCIM server, by name. */

/** People or groups in one answer, and how many when a client does not say. */
export const PAGE_MAX = 200;
export const PAGE_DEFAULT = 100;

export const FILTER_LENGTH_MAX = 512;
/** Comparisons in one filter, and brackets within brackets. */
export const FILTER_TERMS_MAX = 16;
export const FILTER_DEPTH_MAX = 8;

export const PATCH_OPERATIONS_MAX = 100;
export const PATCH_PATH_LENGTH_MAX = 256;
/** How often a change is tried again when somebody else changed the same object meanwhile. */
export const WRITE_ATTEMPTS_MAX = 4;

export const EXTERNAL_ID_LENGTH_MAX = 512;

/** Requests that one client may make at once, and how many it regains in a second. */
export const CLIENT_BURST = 200;
export const CLIENT_PER_SECOND = 50;
export const CLIENTS_MAX = 10_000;
