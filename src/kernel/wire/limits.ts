/**
 * Every bound of the API server, with a name and a reason. Nothing in the wire may queue, buffer, parse or wait without one.
 */

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

/** A request body, after decompression: what Kubernetes accepts. */
export const BODY_BYTES_MAX = 3 * MEBIBYTE;
/** Nesting of a request body; schemas are far shallower, and recursion stays far from the stack's end. */
export const BODY_DEPTH_MAX = 100;
/** YAML aliases that may be expanded, against documents that grow exponentially. */
export const YAML_ALIASES_MAX = 100;
/** Operations in one JSON patch, as in Kubernetes. */
export const JSON_PATCH_OPERATIONS_MAX = 10_000;
/** Bytes that the `copy` operations of one JSON patch may add together, against patches that double themselves. */
export const JSON_PATCH_COPY_BYTES_MAX = 3 * MEBIBYTE;
/** `fieldManager` in UTF-8, as in Kubernetes. */
export const FIELD_MANAGER_BYTES_MAX = 128;
/** A label or field selector's text. */
export const SELECTOR_LENGTH_MAX = 8 * KIBIBYTE;
/** Requirements in one selector. */
export const SELECTOR_REQUIREMENTS_MAX = 100;
/** A continue token's text. */
export const CONTINUE_TOKEN_LENGTH_MAX = 2 * KIBIBYTE;
/** A request's URL. */
export const URL_LENGTH_MAX = 16 * KIBIBYTE;
/** All header fields of a request. */
export const HEADER_BYTES_MAX = 32 * KIBIBYTE;

/** Lists up to this size are sent whole with their length; larger ones are streamed in chunks of about this size. */
export const LIST_CHUNK_BYTES = 256 * KIBIBYTE;
/** Whole lists kept for whoever asks for the same while nothing has changed. */
export const LIST_CACHE_BYTES_MAX = 16 * MEBIBYTE;
/** Deletes in flight at once in one `deletecollection`: they gather in the lane's batches. */
export const DELETE_COLLECTION_CONCURRENCY = 64;
/** Warnings sent with one answer. */
export const WARNINGS_MAX = 20;
/** Characters of one warning header. */
export const WARNING_LENGTH_MAX = 512;

/** How long a read waits for a `resourceVersion` that this replica has not seen yet, as in Kubernetes. */
export const FUTURE_REVISION_WAIT_MS = 3_000;
/** Events replayed backwards to rebuild the state of an older revision; beyond it the client lists anew. */
export const REWIND_EVENTS_MAX = 100_000;

/** A watch sends a bookmark this often. */
export const WATCH_BOOKMARK_INTERVAL_MS = 60_000;
/** A watch without `timeoutSeconds` ends after this, plus up to the same again, so that clients do not return all at once. */
export const WATCH_DURATION_MIN_MS = 30 * 60_000;
/** The longest `timeoutSeconds` taken at its word. */
export const WATCH_TIMEOUT_SECONDS_MAX = 24 * 60 * 60;
/** Open watches of one actor in one realm. */
export const WATCHES_PER_ACTOR_MAX = 500;
/** Open watches of the server. */
export const WATCHES_MAX = 20_000;
/** Open watches that are given their changes in one turn of the event loop: some 12 ms of it at worst. */
export const FANOUT_TURN_MAX = 1_024;
/** Encoded events kept for the next watcher that needs the same. */
export const WATCH_LINES_MAX = 2_048;
/** A watcher that takes nothing for this long, with data waiting, is disconnected rather than buffered for. */
export const SLOW_CLIENT_LIMIT_MS = 15_000;

/** How often an open stream asks whether its holder still has access after a change of the realm: it must end within a second. */
export const REVALIDATION_INTERVAL_MS = 800;
/** How soon it ends when nothing changed but the time. A multiple of the other. */
export const REVALIDATION_UNCHANGED_MS = 6 * REVALIDATION_INTERVAL_MS;

/** Requests of one actor in one realm that are being answered; watches, terminals and logs have bounds of their own. */
export const REQUESTS_PER_ACTOR_MAX = 1_000;
/** Requests of the server that are being answered. */
export const REQUESTS_MAX = 20_000;

/** Open terminals and followed logs of one actor in one realm. */
export const STREAMS_PER_ACTOR_MAX = 100;
/** Input a terminal may be behind with before its socket is paused. */
export const STDIN_BUFFER_BYTES_MAX = MEBIBYTE;
/** One WebSocket message. */
export const WEBSOCKET_MESSAGE_BYTES_MAX = MEBIBYTE;
/** `command` parameters of one exec. */
export const COMMAND_ARGUMENTS_MAX = 1_000;
/** How long a SPDY client may take to open the streams of its terminal. */
export const STREAM_CREATION_LIMIT_MS = 30_000;
/** How long a closing stream may take to send what it has. */
export const STREAM_CLOSE_LIMIT_MS = 5_000;

/** Refused requests of strangers that get a record of their own; more are counted. */
export const STRANGER_RECORDS_PER_MINUTE_MAX = 600;

/** Connections at once. */
export const CONNECTIONS_MAX = 25_000;
/** TLS handshake. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Arrival of a request's header. */
export const HEADERS_TIMEOUT_MS = 20_000;
/** Arrival of a whole request. Answers (watches) may take as long as they like. */
export const REQUEST_TIMEOUT_MS = 60_000;
/** An idle kept-alive connection. Longer than Go's 90 s, so that the client closes first and no request meets a closing socket. */
export const KEEP_ALIVE_TIMEOUT_MS = 120_000;
/**
 * TCP keep-alive, in whole seconds: after so long without a word the kernel asks the client's end whether it is there, and again every
 * interval; so many questions without an answer end the connection. With data on its way that nobody acknowledges the kernel counts
 * repetitions instead (`net.ipv4.tcp_retries2`).
 */
export const PEER_PROBING = { idle_ms: 30_000, interval_ms: 10_000, probes: 3 } as const;
/** What requests in flight get to finish when the server closes. */
export const CLOSE_GRACE_MS = 5_000;
/** What an answer gets to come to its end once its connection was cut. */
export const STREAM_END_MS = 5_000;
