import assert from 'node:assert/strict'
import { addressOf, newSecretKey } from '#gateway/parties/publisher-key.ts'

/** Well-known addresses: of the secret keys 1 and 2, of the key that the field's tutorials use, and of the highest key there is. */
const KNOWN = [
  ['0000000000000000000000000000000000000000000000000000000000000001', '0x7e5f4552091a69125d5dfcb7b8c2659029395bdf'],
  ['0000000000000000000000000000000000000000000000000000000000000002', '0x2b5ad5c4795c026514f8317c7a215e218dccd6cf'],
  ['4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318', '0x2c7536e3605d9c16a7a3d7b1898e529396a65c23'],
  ['fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140', '0x80c0dbf239224071c59dd8970ab9d542e3414ab2'],
] as const

describe('A publisher key', () => {
  for (const [key, address] of KNOWN) it(
    `has the address ${address} when it is ${key.slice(0, 4)}…${key.slice(-4)}`,
    () => assert.equal(addressOf(Buffer.from(key, 'hex')), address))

  it('is another one each time', () => {
    const addresses = new Set(Array.from({ length: 20 }, () => addressOf(newSecretKey())))
    assert.equal(addresses.size, 20)
    for (const address of addresses) assert.match(address, /^0x[0-9a-f]{40}$/)
  })
})
