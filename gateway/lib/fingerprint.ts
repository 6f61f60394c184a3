// What a certificate is known by: the SHA-256 of its DER, as a certificate-bound token has it (RFC 8705 §3.1), written in hex.
import type { X509Certificate } from 'node:crypto'

/** 64 characters of [0-9a-f]. */
export function fingerprintOf({ fingerprint256 }: X509Certificate): string { return fingerprint256.replaceAll(':', '').toLowerCase() }
