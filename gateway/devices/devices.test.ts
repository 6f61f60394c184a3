import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { Devices, DEVICES_PER_SOURCE_MAX } from '#gateway/devices/devices.ts'
import { Sources, SOURCES_PER_OWNER_MAX } from '#gateway/devices/sources.ts'
import { openState, transaction } from '#gateway/state/database.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

const OWNER = 'own_a', OTHER = 'own_b'

describe('Sources and devices', () => {
  const clock = new TurnedClock()
  let folder: string, database: DatabaseSync
  beforeEach(() => {
    folder = temporaryFolder()
    database = openState(folder)
    for (const id of [OWNER, OTHER]) database.prepare("INSERT INTO parties VALUES (?, 'owner', 'x', 0)").run(id)
  })
  afterEach(() => database.close())

  const make = () => { const sources = new Sources(database, clock); return { sources, devices: new Devices(database, clock, sources) } }
  const reopen = () => { database.close(); database = openState(folder); return make() }

  describe('A source', () => {
    it('is known by its own credentials alone, which are not on disk', () => {
      const { sources } = make(), one = sources.pair(OWNER, { name: 'home' }), two = sources.pair(OWNER, { name: 'home' })
      assert.match(one.password, /^[A-Za-z0-9_-]{43}$/)
      assert.equal(sources.authenticate(one.username, Buffer.from(one.password))?.id, one.source.id)
      for (const [username, password] of [[one.username, two.password], [one.username, ''], ['nobody', one.password], ['__proto__', 'x']]) assert.equal(sources.authenticate(username!, Buffer.from(password!)), undefined)
      const { sources: again } = reopen()
      assert.equal(again.authenticate(two.username, Buffer.from(two.password))?.id, two.source.id)
      assert.ok(!JSON.stringify(database.prepare('SELECT * FROM sources').all()).includes(one.password))
    })

    it('is cut when it is suspended, rotated or removed, and is its owner\'s only', () => {
      const { sources } = make(), cut: string[] = [], { source, username, password } = sources.pair(OWNER, { name: 'home' })
      sources.onCut = id => cut.push(id)
      for (const change of [() => sources.suspend(OTHER, source.id), () => sources.rotate(OTHER, source.id), () => sources.remove(OTHER, source.id), () => sources.resume(OTHER, 'src_unknown')]) assert.throws(change, { code: 'NOT_FOUND' })
      sources.suspend(OWNER, source.id)
      assert.equal(sources.authenticate(username, Buffer.from(password)), undefined)
      sources.resume(OWNER, source.id)
      const { password: second } = sources.rotate(OWNER, source.id)
      assert.equal(sources.authenticate(username, Buffer.from(password)), undefined)
      assert.ok(sources.authenticate(username, Buffer.from(second)))
      sources.remove(OWNER, source.id)
      assert.deepEqual([sources.authenticate(username, Buffer.from(second)), sources.list(OWNER), cut.length], [undefined, [], 3])
      assert.deepEqual(reopen().sources.list(OWNER), [])
    })

    it('is one of so many at most', () => {
      const insert = database.prepare("INSERT INTO sources VALUES (?, ?, 'x', NULL, ?, x'00', 'indoor', NULL, NULL, NULL, 'active', 0)")
      transaction(database, () => { for (let n = 1; n < SOURCES_PER_OWNER_MAX; n++) insert.run(`src_${n}`, OWNER, `src_${n}`) })
      const { sources } = make()
      sources.pair(OWNER, { name: 'the last' })
      assert.throws(() => sources.pair(OWNER, { name: 'one more' }), { code: 'LIMIT_REACHED' })
      assert.ok(sources.pair(OTHER, { name: 'of somebody else' }))
    })
  })

  describe('A device', () => {
    it('keeps its id over restarts, in its source and dialect alone', () => {
      const { sources, devices } = make(), { source } = sources.pair(OWNER, { name: 'home' }), { source: next } = sources.pair(OWNER, { name: 'next door' })
      const ids = [devices.find(source, 'zigbee2mqtt', 'kitchen'), devices.find(source, 'tasmota', 'kitchen'), devices.find(next, 'zigbee2mqtt', 'kitchen')].map(device => device!.id)
      assert.equal(new Set(ids).size, 3)
      for (const id of ids) assert.match(id, /^[a-z2-7]{26}$/)
      devices.flush()
      const again = reopen().devices
      assert.deepEqual([again.find(source, 'zigbee2mqtt', 'kitchen')?.id, again.find(source, 'tasmota', 'kitchen')?.id], ids.slice(0, 2))
    })

    it('is what its owner set, else what it reports, else what its source is', () => {
      const { sources, devices } = make(), { source } = sources.pair(OWNER, { name: 'home', location: [1, 2], placement: 'outdoor' })
      const device = devices.find(source, 'tts', 'bin')!
      assert.deepEqual([device.facts.location, device.facts.placement, device.facts.role], [[1, 2], 'outdoor', undefined])
      devices.report(device, { device: 'bin', role: 'wasteContainer', location: [3, 4] })
      assert.deepEqual([device.facts.location, device.facts.role], [[3, 4], 'wasteContainer'])
      devices.flush()
      devices.set(OWNER, device.id, { location: [5, 6], placement: 'indoor', emptyMm: 1550 })
      const { facts } = reopen().devices.get(device.id)!
      assert.deepEqual([facts.location, facts.placement, facts.role, facts.emptyMm], [[5, 6], 'indoor', 'wasteContainer', 1550])
    })

    it('is not set by somebody else', () => {
      const { sources, devices } = make(), { source } = sources.pair(OWNER, { name: 'home' }), device = devices.find(source, 'tts', 'bin')!
      assert.throws(() => devices.set(OTHER, device.id, { name: 'mine' }), { code: 'NOT_FOUND' })
    })

    it('is one of so many of its source at most', () => {
      const { sources, devices } = make(), { source } = sources.pair(OWNER, { name: 'home' })
      for (let n = 0; n < DEVICES_PER_SOURCE_MAX; n++) assert.ok(devices.find(source, 'tts', `device ${n}`))
      assert.equal(devices.find(source, 'tts', 'one more'), undefined)
      assert.ok(devices.find(source, 'tts', 'device 7'))
    })
  })
})
