// The check of a proof as its README tells it, written once more by hand and with nothing of ours: what another language would do.
import { createHash, createPublicKey, verify } from 'node:crypto'

interface KeySet { readonly keys: readonly { readonly kid: string, readonly kty: string, readonly crv: string, readonly x: string }[] }

const sha256 = (...parts: (Uint8Array | string)[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()

/** Whether a line, as it was received, is proven by one of these keys. */
export function isProven(line: string, { keys }: KeySet): boolean {
  const at = line.lastIndexOf(',"proof":'), { scheme, kid, time, size, root, signature, index, salt, path } = JSON.parse(line.slice(at + 9, -1))
  const key = keys.find(known => known.kid === kid)
  if (!key || scheme !== 'sluice/messages/v1') return false
  let hash = sha256(Buffer.of(0), salt, line.slice(0, at), '}')
  const siblings = Buffer.from(path, 'base64')
  let next = 0
  for (let at = index, last = size - 1; last > 0; at >>= 1, last >>= 1) {
    if (at % 2 === 0 && at === last) continue
    const sibling = siblings.subarray(next, next += 32)
    hash = at % 2 === 1 ? sha256(Buffer.of(1), sibling, hash) : sha256(Buffer.of(1), hash, sibling)
  }
  const head = `${scheme}\n${kid}\n${time}\n${size}\n${root}\n`
  return next === siblings.length && hash.toString('base64') === root
    && verify(null, Buffer.from(head), createPublicKey({ key: { kty: key.kty, crv: key.crv, x: key.x }, format: 'jwk' }), Buffer.from(signature, 'base64'))
}

/** The digest of messages in the transparency log, from their ids, as the README of the market tells it. */
export function digestOfIds(ids: readonly string[]): string {
  const sorted = ids.map(id => id.split('-')).map(([time, number, chain]) => [Number(time), Number(number), chain!] as const).sort((one, other) => one[0] - other[0] || one[1] - other[1])
  const lines: [number, number, number, string][] = []
  for (const [time, number, chain] of sorted) {
    const last = lines.at(-1)
    if (last && last[0] === time && last[2] + 1 === number && last[3] === chain) last[2] = number
    else lines.push([time, number, number, chain])
  }
  return sha256(...lines.map(line => `${line.join('-')}\n`)).toString('base64')
}
