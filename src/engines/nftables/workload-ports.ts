/** Where the region serves programs in instances, at the gateway of their network. The filter lets only `workload` endpoints there. */

/** Tokens of the service account that an instance runs as; plain HTTP: the wire is between the instance and its host, and filtered. */
export const TOKEN_PORT = 8740;
/** The region's API, over TLS. */
export const API_PORT = 6443;

export const WORKLOAD_PORTS: readonly number[] = [TOKEN_PORT, API_PORT];

/** Objects, over TLS, for every instance: requests are signed, and what is signed with is the instance's own matter. The port that S3 clients take where none is named. */
export const OBJECTS_PORT = 443;

/** The region's package mirror, at the gateway of every network, for every instance on it. Plain HTTP: apt and npm verify what they get. */
export const MIRROR_PORT = 8741;
