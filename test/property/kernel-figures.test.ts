// The kernel's numbers and instants against the truth where a corpus hardly comes: digits about the fifteen that a double holds, ties, ends of
// ranges, exponents, texts with numbers, and every day of a century.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { shelly } from '#adapters/shelly/adapter.ts'
import { tasmota } from '#adapters/tasmota/adapter.ts'
import { zigbee2mqtt } from '#adapters/zigbee2mqtt/adapter.ts'
import type { Adapter, SourceSettings } from '#adapters/adapter.ts'
import { Kernel } from '#gateway/kernel/kernel.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { Beside } from '#benchmarks/kernel/kernel-truth.ts'

const ARRIVAL = Date.UTC(2026, 10, 25, 8), RUNS = 1_500, DAY_MS = 86_400_000
const facts = (adapter: Adapter, placement: DeviceFacts['placement'] = 'indoor'): DeviceFacts => ({ id: 'abcdefghijklmnopqrstuvwxyz', dialect: adapter.name, placement, phases: 1 })

/** A topic that has been learned from one message. */
function learned(adapter: Adapter, topic: string, lesson: string, placement?: DeviceFacts['placement'], settings: SourceSettings = {}): Beside {
  const beside = new Beside(new Kernel(), { adapter, topic, facts: facts(adapter, placement), settings })
  assert.equal(beside.send(Buffer.from(lesson), ARRIVAL), 'learned')
  assert.equal(beside.send(Buffer.from(lesson), ARRIVAL), 'taken')
  return beside
}

const digits = (min: number, max: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9]{${min},${max}}$`))
/** Lexemes of JSON: of usual length, about as long as a double holds, near a tie, and with exponents. */
const lexemes = fc.oneof(
  fc.tuple(fc.constantFrom('', '-'), fc.integer({ min: 0, max: 300 }), digits(1, 4)).map(([sign, whole, rest]) => `${sign}${whole}.${rest}`),
  fc.tuple(fc.integer({ min: 1, max: 300 }), digits(11, 19)).map(([whole, rest]) => `${whole}.${rest}`),
  fc.tuple(fc.integer({ min: 1, max: 99 }), digits(12, 13), fc.constantFrom('5', '49', '50', '51', '499', '500', '501', '4999999', '5000000', '5000001')).map(([whole, rest, tie]) => `${whole}.${rest}${tie}`),
  fc.tuple(fc.integer({ min: 0, max: 9 }), digits(0, 6), fc.integer({ min: -30, max: 30 })).map(([whole, rest, power]) => `${whole}${rest && '.'}${rest}e${power}`),
  fc.double({ min: -300, max: 300, noNaN: true }).map(String), fc.float({ min: 0, max: 120, noNaN: true }).map(String),
  fc.constantFrom('0', '-0', '0.0', '-0.0e5', '1e-400', '1e400', '100', '100.00000000000001', '99.99999999999999', '100.0000000000000000001', '0.30000000000000004', '1e22', '1e23', '9007199254740993', '115', '115.0000000000001', '1'),
)

describe('Figures in the kernel', function () {
  this.timeout(60_000)

  /** So that a test which only sees messages handed back does not pass. */
  const isMostlyTaken = (outcomes: readonly string[], share: number): void => { assert.ok(outcomes.filter(outcome => outcome === 'taken').length > share * outcomes.length) }

  const KINDS: readonly (readonly [name: string, beside: () => Beside, message: (lexeme: string) => string, share: number])[] = [
    ['as they are', () => learned(zigbee2mqtt, 'zigbee2mqtt/a', '{"temperature":5}', 'outdoor'), lexeme => `{"temperature":${lexeme}}`, 0.6],
    ['in percent', () => learned(zigbee2mqtt, 'zigbee2mqtt/a', '{"humidity":5}'), lexeme => `{"humidity":${lexeme}}`, 0.2],
    ['of a pressure whose size tells its unit', () => learned(zigbee2mqtt, 'zigbee2mqtt/a', '{"pressure":1000}'), lexeme => `{"pressure":${lexeme}}`, 0.3],
    ['in degrees Fahrenheit', () => learned(tasmota, 'tele/a/SENSOR', '{"SHT3X":{"Temperature":70},"TempUnit":"F"}', 'outdoor'), lexeme => `{"SHT3X":{"Temperature":${lexeme}},"TempUnit":"F"}`, 0.15],
    ['in kilometres an hour', () => learned(tasmota, 'tele/a/SENSOR', '{"WINDMETER":{"Speed":7}}', 'outdoor'), lexeme => `{"WINDMETER":{"Speed":${lexeme}}}`, 0.2],
    ['in millimetres of mercury', () => learned(tasmota, 'tele/a/SENSOR', '{"BME280":{"Pressure":760},"PressureUnit":"mmHg"}', 'outdoor'), lexeme => `{"BME280":{"Pressure":${lexeme}},"PressureUnit":"mmHg"}`, 0.15],
    ['in watt-hours', () => learned(shelly, 'a/status/switch:0', '{"aenergy":{"total":5}}'), lexeme => `{"aenergy":{"total":${lexeme}}}`, 0.3],
    ['in texts', () => learned(tasmota, 'tele/a/SENSOR', '{"BME280":{"Humidity":5}}'), lexeme => `{"BME280":{"Humidity":"${lexeme}"}}`, 0.05],
    ['in texts with signs and zeros', () => learned(tasmota, 'tele/a/SENSOR', '{"BME280":{"Humidity":5}}'), lexeme => `{"BME280":{"Humidity":"+00${lexeme}"}}`, 0.05],
    ['of a state', () => learned(zigbee2mqtt, 'zigbee2mqtt/a', '{"temperature":5,"battery":5}', 'outdoor'), lexeme => `{"temperature":5,"battery":${lexeme}}`, 0.3],
  ]
  for (const [name, begin, message, share] of KINDS) {
    it(`${name} are those of the truth`, () => {
      const beside = begin(), outcomes: string[] = []
      fc.assert(fc.property(lexemes, lexeme => { outcomes.push(beside.send(Buffer.from(message(lexeme)), ARRIVAL)) }), { numRuns: RUNS })
      isMostlyTaken(outcomes, share)
    })
  }

  it('that are instants are those of the truth on every day of the century, and on days that there are not', () => {
    const beside = learned(zigbee2mqtt, 'zigbee2mqtt/a', '{"temperature":5,"last_seen":1}', 'outdoor')
    for (let day = Date.UTC(1999, 11, 30); day < Date.UTC(2101, 0, 3); day += DAY_MS) {
      const arrival = Math.max(ARRIVAL, day), text = new Date(day + day / DAY_MS % 86_400 * 1_000 + 7).toISOString()
      for (const time of [text, text.replace('Z', '+05:30'), text.replace('.007Z', 'Z')]) beside.send(Buffer.from(`{"temperature":5,"last_seen":"${time}"}`), arrival)
    }
    for (const date of ['2023-02-29', '2024-02-29', '2100-02-29', '2000-02-29', '2026-02-30', '2026-04-31', '2026-13-01', '2026-00-10', '2026-01-00', '2026-1-01', '0000-01-01']) {
      for (const time of ['T00:00:00Z', 'T23:59:60Z', 'T24:00:00Z', 'T23:59:59.9999999Z', 'T10:00:00', 'T10:00:00+0200', 't10:00:00z', 'T10:00:00.Z', 'T10:00:00-23:59', 'T10:00:00-24:00']) beside.send(Buffer.from(`{"temperature":5,"last_seen":"${date}${time}"}`), ARRIVAL)
    }
  })

  it('that are counted instants are those of the truth', () => {
    const milliseconds = learned(zigbee2mqtt, 'zigbee2mqtt/a', '{"temperature":5,"last_seen":1}', 'outdoor'), seconds = learned(shelly, 'a/status/temperature:0', '{"tC":5,"ts":1790000000}', 'outdoor')
    const about = fc.oneof(fc.integer({ min: 946_684_799_000, max: 946_684_801_000 }), fc.integer({ min: ARRIVAL - 1_000, max: ARRIVAL + DAY_MS + 1_000 }))
    fc.assert(fc.property(about, fc.integer({ min: 0, max: 999_999 }), (ms, rest) => {
      milliseconds.send(Buffer.from(`{"temperature":5,"last_seen":${ms}.${rest}}`), ARRIVAL)
      seconds.send(Buffer.from(`{"tC":5,"ts":${Math.floor(ms / 1_000)}.${String(rest).padStart(6, '0')}}`), ARRIVAL)
    }), { numRuns: RUNS })
  })

  it('that are local instants are those of the truth, on all days about a change of the clocks', () => {
    const beside = learned(tasmota, 'tele/a/SENSOR', '{"BME280":{"Temperature":5}}', 'outdoor', { timezone: 'Europe/Berlin' })
    for (let now = Date.UTC(2026, 2, 20); now < Date.UTC(2026, 3, 5); now += DAY_MS / 3 + 1) {
      for (let hours = -60; hours <= 30; hours += 0.5) beside.send(Buffer.from(`{"Time":"${new Date(now + hours * 3_600_000).toISOString().slice(0, 19)}","BME280":{"Temperature":5}}`), now)
    }
    for (let now = Date.UTC(2026, 9, 20); now < Date.UTC(2026, 9, 30); now += DAY_MS / 3 + 1) {
      for (let hours = -60; hours <= 30; hours += 0.5) beside.send(Buffer.from(`{"Time":"${new Date(now + hours * 3_600_000).toISOString().slice(0, 19)}","BME280":{"Temperature":5}}`), now)
    }
  })
})
