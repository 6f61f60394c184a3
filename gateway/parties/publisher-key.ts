// An owner's publisher key: a real Ethereum key, whose address is the domain of the ids of their streams.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'

const ADDRESS_BYTES = 20
/** An uncompressed point begins with the byte 0x04 (SEC 1 §2.3.3), which is not part of the address. */
const POINT_HEAD_BYTES = 1

/** 32 random bytes that are a secret key on secp256k1. */
export function newSecretKey(): Uint8Array {
  return secp256k1.utils.randomSecretKey()
}

/** The address of a secret key (Ethereum Yellow Paper, appendix F): `0x` and 40 lower-case hexadecimal digits. */
export function addressOf(secretKey: Uint8Array): string {
  const point = secp256k1.getPublicKey(secretKey, false).subarray(POINT_HEAD_BYTES)
  return `0x${Buffer.from(keccak_256(point).subarray(-ADDRESS_BYTES)).toString('hex')}`
}
