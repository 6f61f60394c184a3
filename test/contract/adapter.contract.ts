// What every adapter promises, as tests that each runs: its own fixtures hold exactly, and nothing that a device can send breaks it.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { MEMORY_BYTES_MAX, type Adapter, type Decoded, type Memory, type SourceSettings } from '#adapters/adapter.ts'
import { PAYLOAD_BYTES_MAX, PAYLOAD_DEPTH_MAX } from '#adapters/json.ts'
import type { Packet } from '#adapters/packet.ts'
import { NUMBER_QUANTITIES, STATUS_QUANTITIES, TEXT_QUANTITIES, type TextQuantity } from '#adapters/quantity.ts'
import type { DeviceReport, Reading, Refusal } from '#adapters/reading.ts'
import { CLOCK_AHEAD_MS_MAX } from '#adapters/time.ts'

/** One message and what it says. Times are written as texts, so that they can be read. */
export interface Fixture {
  readonly title: string
  readonly topic: string
  /** The payload as JSON, or as `text` where it is none. */
  readonly payload?: unknown
  readonly text?: string
  readonly retain?: boolean
  readonly settings?: SourceSettings
  readonly memory?: Memory
  readonly receivedAt: string
  readonly expect: {
    readonly readings?: readonly (Omit<Reading, 'observedAt'> & { readonly observedAt?: string })[]
    readonly refused?: readonly Omit<Refusal, 'detail'>[]
    readonly devices?: readonly DeviceReport[]
    /** Compared only where it is given. */
    readonly memory?: Memory
  }
}

/** The words that a text quantity may have (models.md §2 and §3). */
const WORDS: Record<TextQuantity, readonly string[]> = {
  contact: ['open', 'closed'],
  motion: ['detected', 'clear'],
  occupancy: ['occupied', 'free'],
  tamper: ['detected', 'clear'],
  smoke: ['detected', 'clear'],
  leak: ['detected', 'clear'],
  gasAlarm: ['detected', 'clear'],
  coAlarm: ['detected', 'clear'],
  vibration: ['detected', 'clear'],
  binState: ['ok', 'lidOpen', 'dropped', 'moved', 'vandalized', 'burning', 'unknown'],
  parking: ['closed', 'free', 'occupied', 'unknown'],
  lampState: ['bootingUp', 'low', 'off', 'on'],
}

const RUNS = 150
const RECEIVED_AT = Date.UTC(2026, 4, 4, 10, 15, 30, 250)
const NUMBERS: ReadonlySet<string> = new Set(NUMBER_QUANTITIES)
const TEXTS: ReadonlySet<string> = new Set(TEXT_QUANTITIES)
const STATUS: ReadonlySet<string> = new Set(STATUS_QUANTITIES)
const TOPIC_LEVELS = [
  'zigbee2mqtt', 'bridge', 'tele', 'stat', 'SENSOR', 'STATUS10', 'status', 'events', 'rpc', 'v3', 'devices', 'up',
  '', '+', '#', '__proto__',
]

/** All fixtures of an adapter: each file of its folder `fixtures` is an array of them. */
export function fixturesOf(adapterFolder: string): readonly Fixture[] {
  const folder = join(adapterFolder, 'fixtures')
  return readdirSync(folder).filter(name => name.endsWith('.json')).sort()
    .flatMap(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Fixture[])
}

/** Packet, memory and settings of a fixture, ready to be decoded. */
export function inputOf(fixture: Fixture): readonly [Packet, Memory | undefined, SourceSettings] {
  const { topic, text = JSON.stringify(fixture.payload), retain = false, receivedAt, memory, settings = {} } = fixture
  return [{ ...packet(topic, Buffer.from(text)), retain, receivedAt: Date.parse(receivedAt) }, memory, settings]
}

/** Fails, saying why, unless what was decoded is what any decoded packet must be. */
export function assertSound(decoded: Decoded, receivedAt: number): void {
  for (const reading of decoded.readings) assertSoundReading(reading, receivedAt)
  for (const { device } of decoded.devices) assert.ok(device !== '', 'a device report names its device')
  for (const refusal of decoded.refused) assert.ok(refusal.detail !== '', 'a refusal says why')
  if (decoded.memory === undefined) return
  const kept = JSON.stringify(decoded.memory)
  assert.ok(Buffer.byteLength(kept) <= MEMORY_BYTES_MAX, `memory holds at most ${MEMORY_BYTES_MAX} bytes, not ${Buffer.byteLength(kept)}`)
  assert.deepEqual(JSON.parse(kept), decoded.memory, 'memory survives JSON')
}

export function adapterContract(adapter: Adapter, fixtures: readonly Fixture[]): void {
  describe(`The ${adapter.name} adapter keeps the contract of all adapters:`, () => {
    assert.ok(fixtures.length > 0, 'an adapter has fixtures')
    for (const fixture of fixtures) it(fixture.title, () => holds(adapter, fixture))
    hostileTests(adapter, fixtures)
    pureTests(adapter, fixtures)
  })
}

function holds(adapter: Adapter, { topic, receivedAt, expect, ...rest }: Fixture): void {
  const key = adapter.recognise(topic) ?? adapter.adopt?.(topic)
  assert.ok(key !== undefined && key !== '', 'the topic is recognised')
  const decoded = adapter.decode(...inputOf({ topic, receivedAt, expect, ...rest }))
  assertSound(decoded, Date.parse(receivedAt))
  assert.deepEqual(plain(decoded.readings), plain((expect.readings ?? []).map(withInstant)), 'readings')
  assert.deepEqual(decoded.refused.map(({ code, field }) => ({ code, field })), expect.refused ?? [], 'refused')
  assert.deepEqual(plain(decoded.devices), expect.devices ?? [], 'devices')
  if (expect.memory) assert.deepEqual(plain(decoded.memory), expect.memory, 'memory')
}

function hostileTests(adapter: Adapter, fixtures: readonly Fixture[]): void {
  const topics = fc.constantFrom(...new Set(fixtures.map(({ topic }) => topic)))
  const survives = (topic: string, payload: Uint8Array, memory?: Memory): Memory | undefined => {
    const decoded = adapter.decode(packet(topic, payload), memory, { timezone: 'Europe/Madrid' })
    assertSound(decoded, RECEIVED_AT)
    for (const claimed of decoded.memory && adapter.claims?.(decoded.memory) || []) assert.doesNotMatch(claimed, /[+#]|^$/, 'a topic is claimed')
    return decoded.memory
  }

  it('any bytes on its topics give a sound answer', () => {
    fc.assert(fc.property(topics, fc.uint8Array({ maxLength: 200 }), (topic, payload) => { survives(topic, payload) }), { numRuns: RUNS })
  })

  it('any JSON on its topics gives a sound answer', () => {
    fc.assert(fc.property(topics, fc.json(), (topic, text) => { survives(topic, Buffer.from(text)) }), { numRuns: RUNS })
  })

  it('any topic gives a sound answer', () => {
    const odd = fc.oneof(fc.string(), fc.array(fc.constantFrom(...TOPIC_LEVELS)).map(levels => levels.join('/')))
    fc.assert(fc.property(odd, fc.constantFrom(...fixtures), (topic, fixture) => {
      assert.notEqual(adapter.recognise(topic), '', 'a key is never empty')
      assert.notEqual(adapter.adopt?.(topic), '', 'a key is never empty')
      assert.notEqual(adapter.keyOf?.({ ...inputOf(fixture)[0], topic }), '', 'a key is never empty')
      survives(topic, inputOf(fixture)[0].payload)
    }), { numRuns: RUNS })
  })

  it('fixtures that were tampered with, one after the other on one memory, give sound answers', () => {
    const run = fc.array(fc.tuple(fc.constantFrom(...fixtures), fc.nat(), fc.constantFrom(...TAMPERINGS)), { minLength: 1, maxLength: 12 })
    fc.assert(fc.property(run, steps => {
      let memory: Memory | undefined
      for (const [fixture, place, tampering] of steps) {
        memory = survives(fixture.topic, tampered(inputOf(fixture)[0].payload, place, tampering), memory)
      }
    }), { numRuns: RUNS * 2 })
  })

  it('a memory that something else left gives a sound answer', () => {
    const memories = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue(), { maxKeys: 4 })
    fc.assert(fc.property(fc.constantFrom(...fixtures), memories, (fixture, memory) => {
      survives(fixture.topic, inputOf(fixture)[0].payload, JSON.parse(JSON.stringify(memory)) as Memory)
    }), { numRuns: RUNS })
  })

  it('payloads at and beyond the limits give a sound answer', () => {
    for (const topic of new Set(fixtures.map(({ topic }) => topic))) {
      for (const payload of extremes()) survives(topic, Buffer.from(payload))
    }
  })
}

function pureTests(adapter: Adapter, fixtures: readonly Fixture[]): void {
  it('the same packet, memory and settings give the same result, and stay as they were', () => {
    for (const fixture of fixtures) {
      const [message, memory, settings] = inputOf(fixture), before = Buffer.from(message.payload)
      Object.freeze(message)
      deepFreeze(memory)
      deepFreeze(settings)
      const first = adapter.decode(message, memory, settings), kept = JSON.stringify(first)
      assert.deepEqual(adapter.decode(message, memory, settings), first, fixture.title)
      assert.equal(JSON.stringify(first), kept, 'a result is not changed by a later packet')
      assert.deepEqual(Buffer.from(message.payload), before, 'the payload stays as it was')
    }
  })

  it('its name is the folder and the dialect, and an empty topic is not its own', () => {
    assert.match(adapter.name, /^[a-z0-9]+(-[a-z0-9]+)*$/)
    assert.equal(adapter.recognise(''), undefined)
  })
}

function assertSoundReading(reading: Reading, receivedAt: number): void {
  const { device, quantity, value, unit, phase, observedAt, periodMs, field } = reading, what = JSON.stringify(reading)
  assert.ok(typeof device === 'string' && device !== '', `a reading has a device: ${what}`)
  assert.ok(typeof unit === 'string' && typeof field === 'string', `a reading has a unit and a field: ${what}`)
  assert.ok(NUMBERS.has(quantity) || TEXTS.has(quantity) || STATUS.has(quantity), `a reading has a known quantity: ${what}`)
  if (NUMBERS.has(quantity)) assert.equal(typeof value, 'number', what)
  const words = TEXTS.has(quantity) ? WORDS[quantity as TextQuantity] : undefined
  assert.ok(words === undefined || words.includes(value as string), `a text quantity has one of its words: ${what}`)
  if (typeof value === 'number') assert.ok(Number.isFinite(value) && !Object.is(value, -0), `a number is finite and never -0: ${what}`)
  else assert.ok(typeof value === 'string' && unit === '', `a value is a number or a text without a unit: ${what}`)
  assert.ok(phase === undefined || ['L1', 'L2', 'L3', 'N'].includes(phase), what)
  assert.ok(periodMs === undefined || periodMs >= 0, what)
  if (observedAt === undefined) return
  assert.ok(Number.isInteger(observedAt) && observedAt >= Date.UTC(2000, 0), `a time is in whole milliseconds of this century: ${what}`)
  assert.ok(observedAt <= receivedAt + CLOCK_AHEAD_MS_MAX, `a time is no more than a day ahead of the arrival: ${what}`)
}

/** What is put in the place of one value of a fixture, as JSON text. */
const TAMPERINGS = [
  'null', 'true', 'false', '0', '-0', '1e400', '-1e400', '1e308', '5e-324', '""', '"NaN"', '"12.5"', '"1,"', '" 5"', '"0x10"', '"on"', '[]',
  '{}', '[1,2,3]', '[null,{}]', '[[[[1]]]]',
  '{"__proto__":{"value":1}}', '{"constructor":{"prototype":1}}', '{"toString":1,"valueOf":2,"hasOwnProperty":3}', '{"length":3}',
  '"\\u0000\\ud800"', '"1970-01-01T00:00:00"', '"9999-12-31T23:59:59Z"',
] as const

/** The payload with one value (or, where it has none, the whole) replaced. Not JSON: cut short. */
function tampered(payload: Uint8Array, place: number, tampering: string): Uint8Array {
  let fixture: unknown
  try {
    fixture = JSON.parse(Buffer.from(payload).toString())
  } catch {
    return payload.slice(0, place % (payload.length + 1))
  }
  const places: [Record<string, unknown>, string][] = []
  collect(fixture, places)
  const chosen = places[place % Math.max(1, places.length)]
  if (!chosen) return Buffer.from(tampering)
  const marker = '\u0001tampered\u0001'
  chosen[0][chosen[1]] = marker
  return Buffer.from(JSON.stringify(fixture).replace(JSON.stringify(marker), () => tampering))
}

function collect(value: unknown, places: [Record<string, unknown>, string][]): void {
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) {
    places.push([value as Record<string, unknown>, key])
    collect((value as Record<string, unknown>)[key], places)
  }
}

function extremes(): string[] {
  const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
  const members = Array.from({ length: 4000 }, (_, i) => `"k${i}":${i}`).join(',')
  return [
    '', '\ufeff{}', nested(PAYLOAD_DEPTH_MAX - 1), nested(PAYLOAD_DEPTH_MAX), nested(20_000), '['.repeat(PAYLOAD_BYTES_MAX),
    `"${'x'.repeat(PAYLOAD_BYTES_MAX - 2)}"`,
    `{"temperature":"${'9'.repeat(30_000)}"}`, `{"temperature":${'9'.repeat(30_000)}}`, `{"${'k'.repeat(30_000)}":1}`, `{${members}}`,
    `${' '.repeat(PAYLOAD_BYTES_MAX)}{}`,
    '{"__proto__":{"temperature":1},"constructor":1,"toString":"x"}', '{"temperature":1e400,"temperature":-0}',
  ]
}

function packet(topic: string, payload: Uint8Array): Packet {
  return { topic, payload, qos: 0, retain: false, receivedAt: RECEIVED_AT }
}

function withInstant({ observedAt, ...reading }: Omit<Reading, 'observedAt'> & { readonly observedAt?: string }): Reading {
  return observedAt === undefined ? reading : { ...reading, observedAt: Date.parse(observedAt) }
}

/** Without members that are undefined, so that an absent one and an undefined one compare alike. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  Object.values(value).forEach(deepFreeze)
}
