/** Bounds of what instances may ask for at their gateway, by name. */

/** How long a token that an instance is given counts. */
export const TOKEN_LIFE_S = 10 * 60;

/** Tokens of one instance: so many at once, and so many regained in a second. */
export const TOKENS_BURST = 20;
export const TOKENS_PER_SECOND = 0.5;
/** Instances that are counted; past it those seen longest ago are forgotten. */
export const COUNTED_MAX = 10_000;

export const AUDIENCES_MAX = 8;
export const AUDIENCE_LENGTH_MAX = 256;
export const PATH_LENGTH_MAX = 4_096;
export const HEADER_BYTES_MAX = 8_192;
/** From connecting to the whole request. */
export const REQUEST_LIMIT_MS = 5_000;

/** Connections for tokens, of one network and of one address. */
export const TOKEN_CONNECTIONS_MAX = 256;
export const TOKEN_CONNECTIONS_OF_ONE_MAX = 16;
/** Connections to the API. */
export const API_CONNECTIONS_MAX = 1_024;
export const API_CONNECTIONS_OF_ONE_MAX = 64;

/** Connections that one address may open: so many at once, and so many regained in a second. */
export const CONNECTIONS_BURST = 200;
export const CONNECTIONS_PER_SECOND = 20;

/** Networks that are served at once. */
export const GATEWAYS_MAX = 4_096;

/** On Linux only root of a network namespace can send from below. */
export const FIRST_UNPRIVILEGED_PORT = 1_024;
