// What every virtual device must keep to, whatever its vendor; and a way to watch some of one model for a day.
import assert from 'node:assert/strict'
import { MODELS } from '#simulators/devices/catalogue.ts'
import type { FleetSpec } from '#simulators/fleet.ts'
import { planFleet, type SourcePlan } from '#simulators/plan.ts'
import { traffic, type TimedSending } from '#simulators/traffic.ts'
import { localTime } from '#simulators/zone.ts'

const HOUR_MS = 3_600_000
const PAYLOAD_BYTES_MAX = 4_096
/** A Monday in spring, local midnight. */
export const MONDAY_MS = Date.parse('2026-05-03T22:00:00Z')
export const ZONE = 'Europe/Madrid'

export interface Watch {
  readonly hours?: number
  readonly periodS?: number
  readonly count?: number
  readonly startMs?: number
  readonly clockSkewS?: number
  readonly seed?: number
}

export function planOf(model: string, { periodS = 60, count = 1, clockSkewS = 0, seed = 5 }: Watch = {}): readonly SourcePlan[] {
  const spec: FleetSpec = {
    name: 'watched', description: '', seed, faults: { duplicate: 0, reorder: 0, disconnect: 0, malformed: 0, clockSkewS },
    sites: [{
      kind: 'home', name: 'place', count: 1, timezone: ZONE, location: [-4.72, 41.65], spreadM: 0, devices: [{ model, count, periodS }],
    }],
  }
  return planFleet(spec)
}

/** All that devices of one model publish in so many hours (24), without birth messages. */
export function watch(model: string, options: Watch = {}): readonly TimedSending[] {
  const { startMs = MONDAY_MS, hours = 24 } = options
  const seen: TimedSending[] = []
  for (const sending of traffic(planOf(model, options), { startMs })) {
    if (sending.atMs > startMs + hours * HOUR_MS) break
    if (!sending.isBirth) seen.push(sending)
  }
  return seen
}

export function describeDevice(model: string): void {
  describe(`${model}, as any device`, () => {
    it('says the same for the same seed, and something else for another', () => {
      const text = (seed: number) => watch(model, { hours: 1, seed }).map(({ message }) => message.payload).join('\n')
      assert.equal(text(5), text(5))
      assert.notEqual(text(5), text(6))
    })

    it('publishes JSON or bare values of a modest size on topics without wildcards', () => {
      for (const { message: { topic, payload } } of watch(model, { hours: 2, count: 3 })) {
        assert.match(topic, /^[A-Za-z0-9_/@.-]+$/)
        assert.ok(Buffer.byteLength(payload) < PAYLOAD_BYTES_MAX)
        assertWellFormed(payload)
      }
    })

    it('has topics of its own beside others of its model', () => {
      const topicsOf = planOf(model, { count: 8 }).flatMap(({ devices }) => devices.map(({ name }) => name))
      assert.equal(new Set(topicsOf).size, 8)
      const topics = new Set(watch(model, { hours: 1, count: 8 }).map(({ message }) => message.topic))
      assert.equal(topics.size % 8, 0)
    })

    it('survives a long silence and a night in winter', () => {
      const seldom = watch(model, { hours: 24 * 20, periodS: 86_400, startMs: Date.parse('2026-01-10T02:00:00Z') })
      assert.ok(seldom.length >= 18)
      for (const { message } of seldom) assertWellFormed(message.payload)
    })

    it('is where a fleet expects it', () => {
      assert.equal(planOf(model)[0]?.dialect, MODELS.get(model)?.dialect)
      assert.equal(planOf(model)[0]?.placement, MODELS.get(model)?.placement)
    })
  })
}

/** A number, a word, or a JSON object or array. */
function assertWellFormed(payload: string): void {
  if (!/^-?[A-Za-z0-9.]+$/.test(payload)) assert.equal(typeof JSON.parse(payload), 'object')
  assert.ok(!payload.includes('NaN') && !payload.includes('undefined'))
}

/** Of those that were published between two local hours. */
export function between<T extends { readonly atMs: number }>(seen: readonly T[], from: number, to: number): readonly T[] {
  return seen.filter(({ atMs }) => {
    const { hour } = localTime(ZONE, atMs)
    return hour >= from && hour < to
  })
}

export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length
}

/** Pearson's coefficient. */
export function correlation(xs: readonly number[], ys: readonly number[]): number {
  const [meanX, meanY] = [mean(xs), mean(ys)]
  const covariance = mean(xs.map((x, k) => (x - meanX) * ((ys[k] ?? meanY) - meanY)))
  return covariance / Math.sqrt(mean(xs.map(x => (x - meanX) ** 2)) * mean(ys.map(y => (y - meanY) ** 2)))
}

export function assertWithin(what: string, values: readonly number[], min: number, max: number): void {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  assert.ok(values.length > 0 && least >= min && most <= max, `${what}: ${least} to ${most}, not within ${min} to ${max}`)
}

export function assertNeverFalls(what: string, values: readonly number[]): void {
  values.forEach((value, k) => assert.ok(value >= (values[k - 1] ?? value), `${what} falls from ${values[k - 1]} to ${value}`))
  assert.ok((values.at(-1) ?? 0) > (values[0] ?? 0), `${what} does not rise`)
}
