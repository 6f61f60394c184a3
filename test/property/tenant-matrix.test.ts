// Nobody sees what is another's, by any path: each try is held against a plain oracle, and so is a gateway whose check is switched off.
import assert from 'node:assert/strict'
import { Streams, type Stream } from '#gateway/devices/streams.ts'
import { Namespace } from '#gateway/mqtt/namespace.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { Network } from '#gateway/publish/network.ts'
import { Tenants, type Case } from '#test/support/tenants.ts'

const CASES_MIN = 1_200

const leaks = (cases: readonly Case[]) => cases.filter(({ seen, allowed }) => seen && !allowed).map(({ title }) => title)
const withheld = (cases: readonly Case[]) => cases.filter(({ seen, allowed }) => !seen && allowed).map(({ title }) => title)

/** The cases, while a method of a class is another. */
async function tryWith<K extends string>(target: Record<K, any>, name: K, mutant: (original: any) => any, tryAll = () => Tenants.tryAll()): Promise<readonly Case[]> {
  const original = target[name]
  target[name] = mutant(original)
  try {
    return await tryAll()
  } finally {
    target[name] = original
  }
}

describe('Every tenant, by every path', function () {
  this.timeout(60_000)

  it(`sees what is theirs and nothing else, in ${CASES_MIN} cases and more`, async () => {
    const cases = await Tenants.tryAll()
    assert.deepEqual(leaks(cases), [])
    assert.deepEqual(withheld(cases), [])
    console.log(`      ${cases.length} cases, ${cases.filter(({ allowed }) => allowed).length} of them allowed`)
    assert.ok(cases.length >= CASES_MIN && cases.filter(({ allowed }) => allowed).length > 100, `${cases.length} cases`)
  })

  it('is found out where sources share one world', async () => {
    const worlds = new Set<Namespace>()
    const cases = await tryWith(Namespace.prototype, 'route', original => function (this: Namespace, ...message: unknown[]) {
      worlds.add(this)
      for (const world of worlds) original.call(world, ...message)
    })
    for (const kind of ['live', 'retained', 'will', 'spoofed']) assert.ok(leaks(cases).some(title => title.includes(kind)), kind)
  })

  it('is found out where a stream opens for whoever asks', async () => {
    let asked: Stream | undefined
    const cases = await tryWith(Streams.prototype, 'get', get => function (this: Streams, id: string) { return asked = get.call(this, id) }, () =>
      tryWith(Network.prototype, 'open', open => function (this: Network, party: Party, ...rest: unknown[]) {
        return open.call(this, { ...party, get id() { return asked?.ownerId ?? party.id } }, ...rest)
      }))
    for (const path of ['reads', 'WebSocket', 'events']) assert.ok(leaks(cases).some(title => title.includes(path)), path)
  })
})
