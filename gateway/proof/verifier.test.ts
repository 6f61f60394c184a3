import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { Batch } from '#gateway/proof/batch.ts'
import { parsePublicKeys } from '#gateway/proof/public-keys.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import { Verifier, type Fault } from '#gateway/proof/verifier.ts'
import { isProven } from '#test/support/independent-verifier.ts'

const newKey = () => new SigningKey(generateKeyPairSync('ed25519').privateKey)
const PUBLISHER = `0x${'ab'.repeat(20)}`, TIME = Date.UTC(2026, 4, 4)

interface Sent { readonly n: number, readonly content: string }

/** Envelopes with proofs, sealed together. */
function sealed(key: SigningKey, messages: readonly Sent[], time = TIME): string[] {
  const batch = new Batch(), contents = messages.map(({ content }) => Buffer.from(content))
  const heads = messages.map(({ n }) => `{"streamId":"${PUBLISHER}/weather/x","timestamp":${TIME},"sequenceNumber":${n},"publisherId":"${PUBLISHER}","msgChainId":"chain","messageId":"${TIME}-${n}-chain-${PUBLISHER}","content":`)
  for (const [n, bytes] of contents.entries()) {
    const length = batch.add(heads[n]!, { length: bytes.length, write: (into, at) => at + bytes.copy(into, at) })
    assert.equal(length, heads[n]!.length + bytes.length + 1)
  }
  batch.seal(key, time)
  return messages.map(({ content }, index) => {
    const tail = batch.tailOf(index), proof = Buffer.alloc(batch.lengthOf(tail))
    assert.equal(batch.write(tail, proof, 0), proof.length)
    return `${heads[index]}${content}${proof.toString()}}`
  })
}
const numbered = (size: number): Sent[] => Array.from({ length: size }, (_, n) => ({ n, content: `{"temperature":${n}.50}` }))
const proofIn = (line: string) => JSON.parse(line).proof
/** With something else in its proof. */
const withProof = (line: string, changed: object) => `${line.slice(0, line.lastIndexOf(',"proof":'))},"proof":${JSON.stringify({ ...proofIn(line), ...changed })}}`

describe('A proof', () => {
  const key = newKey(), keySet = { keys: [key.jwk] }, verifier = new Verifier(parsePublicKeys(JSON.stringify(keySet)))

  it('is right for every message of a batch of any size, here and for whoever has written the check by hand', () => {
    for (const size of [1, 2, 3, 5, 16, 17, 100]) {
      for (const line of sealed(key, numbered(size))) {
        assert.equal(verifier.check(line), undefined)
        assert.equal(isProven(line, keySet), true)
      }
    }
  })

  it('is of content byte for byte, whatever it is', () => {
    fc.assert(fc.property(fc.array(fc.json(), { minLength: 1, maxLength: 9 }), contents => {
      const lines = sealed(key, contents.map((content, n) => ({ n, content })))
      for (const line of lines) assert.deepEqual([verifier.check(line), isProven(line, keySet)], [undefined, true], line)
    }), { numRuns: 100 })
  })

  it('does not stand when any byte of what is proven is another', () => {
    for (const size of [1, 6]) {
      const line = sealed(key, numbered(size))[size - 1]!, bytes = Buffer.from(line), faults = new Set<Fault>()
      for (let at = 0; at < bytes.length; at++) {
        for (const bit of [1, 16]) {
          bytes[at]! ^= bit
          const changed = bytes.toString(), fault = verifier.check(changed)
          assert.ok(fault, `byte ${at}, bit ${bit}: ${changed}`)
          faults.add(fault)
          bytes[at]! ^= bit
        }
      }
      for (const fault of ['NO_MESSAGE', 'NO_PROOF', 'BAD_PROOF', 'UNKNOWN_SCHEME', 'UNKNOWN_KEY', 'SIGNATURE_WRONG', 'CONTENT_CHANGED'] as const) assert.ok(faults.has(fault), fault)
    }
  })

  it('says what is wrong', () => {
    const [line, other] = sealed(key, numbered(5)) as [string, string], proof = proofIn(line)
    const check = (changed: string, fault: Fault | undefined) => assert.equal(verifier.check(changed), fault, changed)
    check(line.replace('0.50', '0.51'), 'CONTENT_CHANGED')
    check(line.replace('0.50', '0.5'), 'CONTENT_CHANGED')
    check(line.replace('{"temperature', '{ "temperature'), 'CONTENT_CHANGED')
    check(line.replace('weather/x', 'weather/y'), 'CONTENT_CHANGED')
    check(line.replaceAll(PUBLISHER, `0x${'cd'.repeat(20)}`), 'CONTENT_CHANGED')
    check(line.replace(`"timestamp":${TIME}`, `"timestamp":${TIME + 1}`), 'CONTENT_CHANGED')
    check(line.replace('"sequenceNumber":0', '"sequenceNumber":"0"'), 'CONTENT_CHANGED')
    check(line.replace(`${PUBLISHER}/weather`, `0x${'cd'.repeat(20)}/weather`), 'CONTENT_CHANGED')
    check(withProof(line, {}), undefined)
    check(withProof(line, { index: 1 }), 'CONTENT_CHANGED')
    check(withProof(line, { index: 4 }), 'PATH_WRONG')
    check(withProof(line, { index: 5 }), 'PATH_WRONG')
    check(withProof(line, { path: proof.path.slice(0, 0) }), 'PATH_WRONG')
    check(withProof(line, { salt: proofIn(other).salt }), 'CONTENT_CHANGED')
    check(withProof(line, { size: 6 }), 'SIGNATURE_WRONG')
    check(withProof(line, { time: TIME + 1 }), 'SIGNATURE_WRONG')
    check(withProof(line, { root: randomBytes(32).toString('base64') }), 'SIGNATURE_WRONG')
    check(withProof(line, { signature: randomBytes(64).toString('base64') }), 'SIGNATURE_WRONG')
    check(withProof(line, { kid: newKey().kid }), 'UNKNOWN_KEY')
    check(withProof(line, { scheme: 'sluice/log/v1' }), 'UNKNOWN_SCHEME')
    check(sealed(newKey(), numbered(1))[0]!, 'UNKNOWN_KEY')
    check(line.replace('"proof":', '"prof":'), 'NO_PROOF')
  })

  it('of another message of the same batch does not do', () => {
    const [line, other] = sealed(key, numbered(4)) as [string, string]
    assert.equal(verifier.check(withProof(line, proofIn(other))), 'CONTENT_CHANGED')
  })

  it('is of the line as it is: nothing can be put into it, before it or behind it', () => {
    const [line] = sealed(key, numbered(3)) as [string], at = line.lastIndexOf(',"proof":'), proof = line.slice(at, -1)
    for (const spaces of [' ', '\r', '\t']) assert.equal(verifier.check(`${spaces}${line}${spaces}`), undefined)
    assert.equal(verifier.check(`{"content":{"temperature":99},${line.slice(1)}`), 'CONTENT_CHANGED')
    assert.equal(verifier.check(`${line.slice(0, at)},"content":{"temperature":99}${line.slice(at)}`), 'CONTENT_CHANGED')
    assert.equal(verifier.check(`${line.slice(0, -1)},"content":{"temperature":99}}`), 'BAD_PROOF')
    assert.equal(verifier.check(`${line.slice(0, -1)}${proof}}`), 'CONTENT_CHANGED')
    assert.equal(verifier.check(`${line.slice(0, at)},"proof":{}${line.slice(at)}`), 'CONTENT_CHANGED')
    assert.equal(verifier.check(`${line}}`), 'BAD_PROOF')
    assert.deepEqual([1, 2, 9].map(cut => verifier.check(line.slice(0, -cut))), ['BAD_PROOF', 'NO_MESSAGE', 'NO_MESSAGE'])
    assert.equal(verifier.check(JSON.stringify({ more: 1, ...JSON.parse(line) })), 'CONTENT_CHANGED')
  })

  it('that is anything at all is refused and breaks nothing', () => {
    const [line] = sealed(key, numbered(3)) as [string], good = proofIn(line)
    const anything = fc.oneof(fc.anything(), fc.constantFrom('', 'AAAA', 'A'.repeat(1 << 16), -1, 0.5, 2 ** 53, 1e300, null, [], {}, 'é'))
    fc.assert(fc.property(fc.constantFrom(...Object.keys(good)), anything, (name, value) => {
      if (JSON.stringify(value) === JSON.stringify(good[name])) return
      assert.ok(verifier.check(withProof(line, { [name]: value })), `${name}: ${String(JSON.stringify(value))}`)
    }), { numRuns: 500 })
    fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), text => { assert.ok(verifier.check(text)) }))
    for (const text of ['', 'null', '[]', '"x"', '{}', '{', '{"streamId":1}', `${'['.repeat(100_000)}`, `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`]) assert.equal(verifier.check(text), 'NO_MESSAGE')
    for (const text of [',"proof":}', ',"proof":{}}', ',"proof":null}', `,"proof":${'['.repeat(100_000)}}`]) assert.equal(verifier.check(text), 'BAD_PROOF')
  })

  it('is under one signature with all of its batch, and has a salt of its own', () => {
    const lines = sealed(key, Array.from({ length: 200 }, () => ({ n: 1, content: '{"same":1}' }))), proofs = lines.map(proofIn)
    assert.equal(new Set(proofs.map(({ signature }) => signature)).size, 1)
    assert.equal(new Set(proofs.map(({ salt }) => salt)).size, 200)
    assert.equal(new Set(proofs.map(({ path }) => path)).size, 200, 'equal messages have leaves of their own')
    const [again] = sealed(key, [{ n: 1, content: '{"same":1}' }])
    assert.ok(!proofs.some(({ salt, root }) => salt === proofIn(again!).salt || root === proofIn(again!).root))
  })

  it('does not pass for one of another gateway that has the same message', () => {
    const other = newKey(), both = new Verifier(parsePublicKeys(JSON.stringify({ keys: [key.jwk, other.jwk] })))
    const [line] = sealed(key, numbered(1)) as [string]
    assert.equal(both.check(line), undefined)
    assert.equal(both.check(withProof(line, { kid: other.kid })), 'SIGNATURE_WRONG')
  })
})
