// The key by which a gateway signs what it proves: Ed25519, made on the first start, in a file of its own that only this account may read.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '#gateway/errors.ts'
import { writePrivateFile } from '#gateway/lib/private-file.ts'
import { jwkOf, type Jwk } from '#gateway/proof/public-keys.ts'

export const SIGNING_KEY_FILE = 'signing.key'
/** Everyone but the file's owner. */
const OTHERS = 0o077

export class SigningKey {
  /** The public half, as whoever checks needs it. */
  readonly jwk: Jwk
  readonly #key: KeyObject

  constructor(key: KeyObject) {
    this.#key = key
    this.jwk = jwkOf(createPublicKey(key))
  }

  /** Reads DIR/signing.key, or makes it. Throws UNAVAILABLE when others may read it, or when it is no key. */
  static open(directory: string): SigningKey {
    const path = join(directory, SIGNING_KEY_FILE)
    if (!existsSync(path)) {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      writePrivateFile(path, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
    }
    return new SigningKey(readKey(path))
  }

  get kid(): string { return this.jwk.kid }

  /** In base64. */
  sign(text: string): string { return sign(null, Buffer.from(text), this.#key).toString('base64') }
}

function readKey(path: string): KeyObject {
  const mode = statSync(path).mode & 0o777
  if ((mode & OTHERS) !== 0) {
    const problem = `${path} may be used by others (mode ${mode.toString(8)})`
    throw new GatewayError('UNAVAILABLE', `${problem}: run chmod 600 on it, and ask yourself who has read it.`)
  }
  try {
    const key = createPrivateKey(readFileSync(path))
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch { /* as if it were another kind of key */ }
  throw new GatewayError('UNAVAILABLE', `${path} holds no Ed25519 key: restore it from a backup, or move it away and a new one is made.`)
}
