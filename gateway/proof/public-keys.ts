// The keys by which whoever received something checks it: JSON Web Keys (RFC 7517, RFC 8037), each named by its thumbprint (RFC 7638).
import { createPublicKey, hash, type KeyObject } from 'node:crypto'

export interface Jwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: 'EdDSA'
}

export type PublicKeys = ReadonlyMap<string, KeyObject>

export function jwkOf(key: KeyObject): Jwk {
  const x = key.export({ format: 'jwk' }).x!
  return { kty: 'OKP', crv: 'Ed25519', x, kid: thumbprint(x), use: 'sig', alg: 'EdDSA' }
}

/** From its `x`, in base64url. */
export function publicKeyOf(x: string): KeyObject { return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }) }

function thumbprint(x: string): string { return hash('sha256', `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`, 'base64url') }

const PEM = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g

/** The keys in a text, by their ids: a set of JWKs, one of them, or PEM. Throws a TypeError where there is none. */
export function parsePublicKeys(text: string): PublicKeys {
  const keys = text.trimStart().startsWith('-----') ? pemKeys(text) : jwkKeys(text)
  const known = new Map(keys.filter(({ asymmetricKeyType }) => asymmetricKeyType === 'ed25519').map(key => [jwkOf(key).kid, key]))
  if (known.size === 0) throw new TypeError('there is no public Ed25519 key in it')
  return known
}

function pemKeys(text: string): KeyObject[] { return (text.match(PEM) ?? []).map(pem => createPublicKey(pem)) }

/** Keys of other kinds are left out. What a key is called is what it is: a name that is not its thumbprint is ignored. */
function jwkKeys(text: string): KeyObject[] {
  const document = JSON.parse(text) as { readonly keys?: unknown }, all: unknown[] = Array.isArray(document.keys) ? document.keys : [document]
  return all.flatMap(jwk => {
    const { kty, crv, x } = (jwk ?? {}) as Partial<Jwk>
    return kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string' ? [publicKeyOf(x)] : []
  })
}
