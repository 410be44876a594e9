/** Bounds of signing in with somebody else's provider, by name. */

/** As long as somebody may take at their provider. */
export const REQUEST_MS = 10 * 60_000;
/** From coming back to the sign-in page: one redirect. */
export const RESULT_MS = 2 * 60_000;

/** How far a provider's clock may be from ours. */
export const SKEW_MS = 60_000;

/** Of one answer of a provider: metadata, keys, tokens. */
export const ANSWER_BYTES_MAX = 256 * 1024;
export const ANSWER_TIMEOUT_MS = 5_000;
/** Providers whose metadata is in memory, and for how long it counts. */
export const PROVIDERS_MAX = 256;
export const METADATA_MS = 60 * 60_000;
/** How soon one that did not answer is asked again. */
export const METADATA_AGAIN_MS = 5 * 60_000;

/** Buttons on a sign-in page. */
export const OFFERED_MAX = 8;
/** Groups of one person that count; the rest is left out. */
export const GROUPS_MAX = 128;
export const CLAIM_LENGTH_MAX = 512;

export const SAML_RESPONSE_BYTES_MAX = 256 * 1024;
