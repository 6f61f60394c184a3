import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { MODELS } from '#simulators/devices/catalogue.ts'
import { checkFleet } from '#simulators/fleet-check.ts'
import { deviceCount, DEVICES_MAX, FleetError, fleetNames, loadFleet, scaleFleet, type FleetSpec } from '#simulators/fleet.ts'
import { DIALECTS } from '#simulators/source-plan.ts'

const fleets = fleetNames().map(loadFleet)
const modelsOf = (spec: FleetSpec) => new Set(spec.sites.flatMap(site => site.devices.map(({ model }) => model)))

type Loose = Record<string, unknown>
interface LooseFleet extends Loose { sites: (Loose & { devices: Loose[] })[] }

/** A fleet that is right, to be spoilt. */
const minimal = (): LooseFleet => ({
  name: 'mine',
  sites: [{
    kind: 'home', name: 'flat', timezone: 'Europe/Paris', location: [2.35, 48.85], devices: [{ model: 'z2m-climate', periodS: 60 }],
  }],
})

function problemsOf(value: unknown): readonly string[] {
  try {
    checkFleet(value, 'mine.json')
    return []
  } catch (error) {
    assert.ok(error instanceof FleetError)
    assert.equal(error.code, 'BAD_FLEET')
    return error.problems
  }
}

describe('fleet', () => {
  it('has six of its own, each named as its file and made of models that exist', () => {
    assert.deepEqual(fleetNames(), ['city', 'city-2000', 'demo', 'home', 'street', 'street-50'])
    for (const [k, fleet] of fleets.entries()) {
      assert.equal(fleet.name, fleetNames()[k])
      assert.ok(fleet.description.length > 20)
      for (const model of modelsOf(fleet)) assert.ok(MODELS.has(model))
    }
  })

  it('shows five dialects and about fifty devices in the demo, and all dialects in all fleets together', () => {
    const demo = loadFleet('demo')
    const dialectsOf = (...specs: readonly FleetSpec[]) =>
      new Set(specs.flatMap(spec => [...modelsOf(spec)].map(model => MODELS.get(model)?.dialect)))
    assert.deepEqual(dialectsOf(demo), new Set(DIALECTS.slice(0, 5)))
    assert.deepEqual(dialectsOf(...fleets), new Set(DIALECTS))
    assert.ok(Math.abs(deviceCount(demo) - 50) <= 5)
  })

  it('is what the README describes', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
    const [, example] = /```json\n([^`]+)```/.exec(readme)!
    assert.equal(deviceCount(checkFleet(JSON.parse(example!), 'README.md')), 28)
    assert.ok([...MODELS.keys()].every(model => readme.includes(`\`${model}\``)), 'every model is listed')
    for (const fleet of fleets) assert.match(readme, new RegExp(`\`${fleet.name}\` \\(${deviceCount(fleet)}\\b`))
  })

  it('is read from any path', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleet-'))
    try {
      const path = join(folder, 'mine.json')
      writeFileSync(path, JSON.stringify(minimal()))
      assert.equal(loadFleet(path).name, 'mine')
      writeFileSync(path, '{"name": "mine",')
      assert.throws(() => loadFleet(path), FleetError)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('says which fleets there are when asked for one that is not there', () => {
    assert.throws(() => loadFleet('villages'), /no such fleet \(city, city-2000, demo, home, street, street-50\)/)
  })

  it('fills in what may be left out', () => {
    const { seed, faults, sites: [site] } = checkFleet(minimal(), 'mine.json')
    assert.equal(seed, 1)
    assert.deepEqual(faults, { duplicate: 0, reorder: 0, disconnect: 0, malformed: 0, clockSkewS: 0 })
    assert.deepEqual([site?.count, site?.spreadM, site?.devices[0]?.count], [1, 0, 1])
  })

  const spoilt: readonly (readonly [field: string, spoil: (fleet: LooseFleet) => void])[] = [
    ['name', fleet => { fleet.name = 'has spaces' }],
    ['seed', fleet => { fleet.seed = -1 }],
    ['seed', fleet => { fleet.seed = 2 ** 32 }],
    ['sites', fleet => { fleet.sites = [] }],
    ['colour', fleet => { fleet.colour = 'red' }],
    ['sites[0].kind', fleet => { fleet.sites[0]!.kind = 'farm' }],
    ['sites[0].count', fleet => { Object.assign(fleet.sites[0]!, { kind: 'city', count: 2 }) }],
    ['sites[0].timezone', fleet => { fleet.sites[0]!.timezone = 'Europe/Atlantis' }],
    ['sites[0].location', fleet => { fleet.sites[0]!.location = [48.85, 200] }],
    ['sites[0].spreadM', fleet => { fleet.sites[0]!.spreadM = '5' }],
    ['sites[0].devices', fleet => { fleet.sites[0]!.devices = [{ model: 'tts-air', periodS: 1 }, { model: 'tts-air', periodS: 2 }] }],
    ['sites[0].devices[0].model', fleet => { fleet.sites[0]!.devices[0]!.model = 'z2m-oven' }],
    ['sites[0].devices[0].count', fleet => { fleet.sites[0]!.devices[0]!.count = 1.5 }],
    ['sites[0].devices[0].periodS', fleet => { delete fleet.sites[0]!.devices[0]!.periodS }],
    ['sites[0].devices[0].periodS', fleet => { fleet.sites[0]!.devices[0]!.periodS = 0 }],
    ['faults', fleet => { fleet.faults = [] }],
    ['faults.duplicate', fleet => { fleet.faults = { duplicate: 1.1 } }],
    ['sites[0].faults.malformed', fleet => { fleet.sites[0]!.faults = { malformed: -0.1 } }],
    ['sites[0].faults.loss', fleet => { fleet.sites[0]!.faults = { loss: 0.1 } }],
    ['faults.clockSkewS', fleet => { fleet.faults = { clockSkewS: -1 } }],
    ['sites', fleet => { fleet.sites.push(fleet.sites[0]!) }],
    ['sites', fleet => { fleet.sites[0]!.devices[0]!.count = DEVICES_MAX; fleet.sites[0]!.count = 2 }],
  ]
  for (const [k, [field, spoil]] of spoilt.entries()) {
    it(`names ${field} when that is what is wrong (${k + 1})`, () => {
      const fleet = minimal()
      spoil(fleet)
      const problems = problemsOf(fleet)
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.ok(problems[0]?.startsWith(`${field}:`), problems[0])
    })
  }

  it('tells everything that is wrong at once', () => {
    assert.deepEqual(problemsOf({ name: 7, sites: [{ kind: 'home' }] }).map(problem => problem.split(':')[0]),
      ['name', 'sites[0].name', 'sites[0].timezone', 'sites[0].location', 'sites[0].devices'])
    assert.deepEqual(problemsOf(null), [
      'all of it: must be an object',
      'name: must be a name of letters, digits, - and _, is missing',
      'sites: must be a list with at least one member, is missing',
    ])
  })

  it('refuses whatever else JSON can hold without ever failing in another way', () => {
    fc.assert(fc.property(fc.jsonValue(), value => problemsOf(value).length > 0))
    fc.assert(fc.property(fc.jsonValue(), fc.constantFrom('name', 'seed', 'sites', 'faults'), (value, key) => {
      problemsOf({ ...minimal(), [key]: value })
    }))
  })

  it('scales to exactly the devices asked for, at both limits as well', () => {
    const counts = fc.oneof(fc.constantFrom(1, DEVICES_MAX), fc.integer({ min: 1, max: DEVICES_MAX }))
    fc.assert(fc.property(fc.constantFrom(...fleets), counts, (fleet, devices) => {
      const scaled = scaleFleet(fleet, devices)
      assert.equal(deviceCount(scaled), devices)
      const written = JSON.stringify(scaled).replaceAll('.rest"', '_rest"')
      assert.equal(checkFleet(JSON.parse(written), 'scaled').sites.length, scaled.sites.length)
    }))
    for (const devices of [0, DEVICES_MAX + 1, 1.5, NaN]) assert.throws(() => scaleFleet(loadFleet('home'), devices), FleetError)
  })

  it('keeps the proportions, whole homes, and itself at its own size', () => {
    const street = loadFleet('street')
    assert.deepEqual(scaleFleet(street, deviceCount(street)), street)
    const many = scaleFleet(loadFleet('home'), 15 * 40 + 7)
    assert.deepEqual(many.sites.map(({ name, count }) => [name, count]), [['home', 40], ['home.rest', 1]])
    const [city] = scaleFleet(loadFleet('city'), 2000).sites
    assert.deepEqual(city?.devices.map(({ count }) => count), [600, 900, 250, 150, 60, 40])
  })
})
