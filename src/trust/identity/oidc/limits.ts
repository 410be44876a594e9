/** Lifetimes and bounds of the provider, by name. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The audience of tokens for the API. */
export const API_AUDIENCE = 'casemate';
/** The API as a resource indicator (RFC 8707), which has to be a URI. */
export const API_RESOURCE = 'urn:casemate:api';
export const API_SCOPE = 'casemate';

/** A sign-in in a browser ends after a working day. */
export const WEB_SESSION_MS = 12 * HOUR_MS;
/** A sign-in of the command line. */
export const DEVICE_SESSION_MS = 7 * 24 * HOUR_MS;

export const ACCESS_TOKEN_S = 10 * 60;
export const ID_TOKEN_S = 10 * 60;
export const CODE_S = 60;
export const DEVICE_CODE_S = 10 * 60;
/** As long as somebody may take to sign in. */
export const INTERACTION_S = 15 * 60;

/** Providers in memory, one a realm. */
export const PROVIDERS_MAX = 256;
export const LOGIN_HINT_LENGTH_MAX = 256;

/**
 * Requests that one address may make at once, and how many it regains in a second: a whole office may come from one. Each may leave an
 * interaction, so an address can leave 18,000 of the 200,000 that a realm keeps.
 */
export const ADDRESS_BURST = 1_000;
export const ADDRESS_PER_SECOND = 20;
/** Addresses that are counted; past it those seen longest ago are forgotten. */
export const ADDRESSES_MAX = 10_000;
