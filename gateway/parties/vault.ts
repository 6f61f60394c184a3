// Secrets that must be read back (owners' publisher keys) lie in the database sealed; the key that opens them lies beside it in a file.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '#gateway/errors.ts'
import { writePrivateFile } from '#gateway/lib/private-file.ts'

export const MASTER_KEY_FILE = 'master.key'
export const MASTER_KEY_BYTES = 32

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16
/** The first byte of what is sealed. It says: AES-256-GCM, then the IV, the tag, the ciphertext. */
const VERSION = Buffer.from([1])
const HEAD_BYTES = VERSION.length + IV_BYTES + TAG_BYTES
/** Everyone but the file's owner. */
const OTHERS = 0o077

/** Seals with AES-256-GCM (NIST SP 800-38D) under a random IV for each. */
export class Vault {
  readonly #key: Buffer

  /** Reads DIR/master.key, or makes it. Throws UNAVAILABLE when others may read it, or when it is no key. */
  constructor(directory: string) {
    const path = join(directory, MASTER_KEY_FILE)
    if (!existsSync(path)) {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      writePrivateFile(path, randomBytes(MASTER_KEY_BYTES))
    }
    this.#key = readKey(path)
  }

  /** 29 bytes longer than what is given, and different each time. */
  seal(bytes: Uint8Array): Buffer {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv(CIPHER, this.#key, iv).setAAD(VERSION)
    const hidden = Buffer.concat([cipher.update(bytes), cipher.final()])
    return Buffer.concat([VERSION, iv, cipher.getAuthTag(), hidden])
  }

  /** Throws UNAVAILABLE for what this key did not seal, or what was changed since. */
  open(sealed: Uint8Array): Buffer {
    const bytes = Buffer.from(sealed)
    if (bytes.length < HEAD_BYTES || bytes[0] !== VERSION[0]) throw foreign()
    const iv = bytes.subarray(VERSION.length, VERSION.length + IV_BYTES)
    const tag = bytes.subarray(VERSION.length + IV_BYTES, HEAD_BYTES)
    const decipher = createDecipheriv(CIPHER, this.#key, iv).setAAD(VERSION).setAuthTag(tag)
    const open = decipher.update(bytes.subarray(HEAD_BYTES))
    try {
      return Buffer.concat([open, decipher.final()])
    } catch (error) {
      throw foreign({ cause: error })
    }
  }
}

function readKey(path: string): Buffer {
  const mode = statSync(path).mode & 0o777
  if ((mode & OTHERS) !== 0) {
    const problem = `${path} may be used by others (mode ${mode.toString(8)})`
    throw new GatewayError('UNAVAILABLE', `${problem}: run chmod 600 on it, and ask yourself who has read it.`)
  }
  const key = readFileSync(path)
  if (key.length !== MASTER_KEY_BYTES) {
    throw new GatewayError('UNAVAILABLE', `${path} has ${key.length} bytes, a key has ${MASTER_KEY_BYTES}: restore it from a backup.`)
  }
  return key
}

function foreign(options?: ErrorOptions): GatewayError {
  const problem = `What is sealed in the state database does not open with this ${MASTER_KEY_FILE}`
  return new GatewayError('UNAVAILABLE', `${problem}: restore the one that belongs to it from a backup.`, options)
}
