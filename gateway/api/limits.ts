// What one HTTP client may cost. Each has a test at the limit.

/** Bytes of a request body. */
export const BODY_BYTES_MAX = 64 * 1024
/** Bytes of a request line and its headers together. */
export const HEADER_BYTES_MAX = 16 * 1024
/** Characters of one parameter in a path, decoded. */
export const PATH_PARAMETER_LENGTH_MAX = 512
/** Who has not sent their headers by then has gone, or never meant to (slowloris). */
export const HEADERS_MS_MAX = 5_000
/** Likewise for a whole request. */
export const REQUEST_MS_MAX = 10_000
/** How often the two above are looked after. */
export const TIMEOUT_CHECK_MS = 1_000
/** How long a connection is kept for a next request. */
export const KEEP_ALIVE_MS = 5_000
/** A connection on which nothing moves for so long is closed; event streams have a heartbeat well within it. */
export const SOCKET_IDLE_MS_MAX = 60_000
/** Connections at once, live streams among them. */
export const CONNECTIONS_MAX = 10_000
