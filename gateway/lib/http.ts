// What is used of Node's HTTP by itself. An import of it would evaluate all that it exports, a second HTTP client among it: a twentieth of a start.

/** Phrases by status (RFC 9110). */
export const { STATUS_CODES } = process.getBuiltinModule('node:http')
