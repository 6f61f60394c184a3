import assert from 'node:assert/strict'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { join } from 'node:path'
import { parsePublicKeys } from '#gateway/proof/public-keys.ts'
import { SigningKey, SIGNING_KEY_FILE } from '#gateway/proof/signing-key.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('The signing key', () => {
  it('is made once, for this account alone, and signs as Ed25519', () => {
    const directory = join(temporaryFolder(), 'data'), path = join(directory, SIGNING_KEY_FILE), key = SigningKey.open(directory)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.deepEqual(SigningKey.open(directory).jwk, key.jwk)
    const known = parsePublicKeys(JSON.stringify(key.jwk)).get(key.kid)!
    assert.ok(verify(null, Buffer.from('text'), known, Buffer.from(key.sign('text'), 'base64')))
    assert.ok(!JSON.stringify(key.jwk).includes('"d"'))
    assert.notEqual(SigningKey.open(temporaryFolder()).kid, key.kid)
  })

  it('is refused where others may read it, or where it is none', () => {
    const directory = temporaryFolder(), path = join(directory, SIGNING_KEY_FILE)
    SigningKey.open(directory)
    chmodSync(path, 0o640)
    assert.throws(() => SigningKey.open(directory), { code: 'UNAVAILABLE', message: /mode 640.*chmod 600/ })
    chmodSync(path, 0o600)
    const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
    for (const content of ['', 'x', other]) {
      writeFileSync(path, content)
      assert.throws(() => SigningKey.open(directory), { code: 'UNAVAILABLE', message: /no Ed25519 key/ })
      assert.equal(readFileSync(path, 'utf8'), content, 'it is left as it is')
    }
  })
})

describe('Public keys', () => {
  it('are named by the thumbprint of RFC 8037, appendix A.3', () => {
    const text = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
    assert.deepEqual([...parsePublicKeys(text).keys()], ['kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'])
  })

  it('are read from a set, a single JWK and PEM, and nothing else is', () => {
    const key = SigningKey.open(temporaryFolder()), { kid } = key, pem = createPublicKey({ key: { ...key.jwk }, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string
    const rsa = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey
    for (const text of [JSON.stringify({ keys: [key.jwk] }), JSON.stringify({ keys: [null, 1, { kty: 'RSA' }, rsa.export({ format: 'jwk' }), { ...key.jwk, kid: 'another' }] }), JSON.stringify(key.jwk), pem, `${pem}${rsa.export({ type: 'spki', format: 'pem' }) as string}${pem}`]) {
      assert.deepEqual([...parsePublicKeys(text).keys()], [kid], text)
    }
    for (const text of ['', '{}', 'null', '{"keys":{}}', '{"keys":[]}', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', '-----BEGIN PRIVATE KEY-----', JSON.stringify({ ...key.jwk, x: 'AAAA' }), rsa.export({ type: 'spki', format: 'pem' }) as string]) {
      assert.throws(() => parsePublicKeys(text), Error, text)
    }
  })
})
