import assert from 'node:assert/strict'
import { chmodSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { MASTER_KEY_BYTES, MASTER_KEY_FILE, Vault } from '#gateway/parties/vault.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const unavailable = { name: 'GatewayError', code: 'UNAVAILABLE' }

describe('The vault', () => {
  it('makes its key on the first start, for this account only, and reads it on the next', () => {
    const directory = join(temporaryFolder(), 'new'), first = new Vault(directory), path = join(directory, MASTER_KEY_FILE)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(readFileSync(path).length, MASTER_KEY_BYTES)
    assert.deepEqual(readdirSync(directory), [MASTER_KEY_FILE])
    assert.deepEqual(new Vault(directory).open(first.seal(Buffer.from('secret'))), Buffer.from('secret'))
  })

  it('opens what it sealed, and hides it', () => {
    const vault = new Vault(temporaryFolder())
    fc.assert(fc.property(fc.uint8Array({ minLength: 12, maxLength: 200 }), bytes => {
      const sealed = vault.seal(bytes)
      assert.deepEqual([...vault.open(sealed)], [...bytes])
      assert.ok(!sealed.includes(Buffer.from(bytes)))
      assert.notDeepEqual(vault.seal(bytes), sealed, 'sealed twice it looks different')
    }))
  })

  it('opens nothing of which a bit was flipped or a byte is missing, and nothing of another vault', () => {
    const vault = new Vault(temporaryFolder()), sealed = vault.seal(Buffer.from('thirty-two bytes of a secret key'))
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const damaged = Buffer.from(sealed)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      assert.throws(() => vault.open(damaged), unavailable, `bit ${bit}`)
    }
    for (let length = 0; length < sealed.length; length++) assert.throws(
      () => vault.open(sealed.subarray(0, length)), unavailable, `${length} bytes`)
    assert.throws(() => new Vault(temporaryFolder()).open(sealed), unavailable)
  })

  for (const mode of [0o601, 0o610, 0o640, 0o644, 0o660, 0o777]) {
    it(`refuses a key with mode ${mode.toString(8)}`, () => {
      const directory = temporaryFolder()
      new Vault(directory)
      chmodSync(join(directory, MASTER_KEY_FILE), mode)
      assert.throws(() => new Vault(directory), { ...unavailable, message: /chmod 600/ })
    })
  }

  it('takes a key that may only be read', () => {
    const directory = temporaryFolder(), sealed = new Vault(directory).seal(Buffer.from('x'))
    chmodSync(join(directory, MASTER_KEY_FILE), 0o400)
    assert.equal(String(new Vault(directory).open(sealed)), 'x')
  })

  for (const length of [0, MASTER_KEY_BYTES - 1, MASTER_KEY_BYTES + 1]) {
    it(`refuses a key of ${length} bytes`, () => {
      const directory = temporaryFolder()
      new Vault(directory)
      rmSync(join(directory, MASTER_KEY_FILE))
      writeFileSync(join(directory, MASTER_KEY_FILE), Buffer.alloc(length), { mode: 0o600 })
      assert.throws(() => new Vault(directory), unavailable)
    })
  }
})
