import assert from 'node:assert/strict'
import { DEVICES_MAX, fleetNames, loadFleet, scaleFleet } from '#simulators/fleet.ts'
import { planFleet, type SourcePlan } from '#simulators/plan.ts'

const PLAN_MS_MAX = 3_000
const demo = planFleet(loadFleet('demo'))
const devicesOf = (plan: readonly SourcePlan[]) => plan.flatMap(source => source.devices)
/** Metres between two places that are near each other. */
function apart([lon, lat]: readonly [number, number], [otherLon, otherLat]: readonly [number, number]): number {
  return Math.hypot((lon - otherLon) * Math.cos(lat * Math.PI / 180), lat - otherLat) * 111_320
}

describe('plan', () => {
  it('is the same for the same fleet, plain data, and another for another seed', () => {
    assert.deepEqual(planFleet(loadFleet('demo')), demo)
    assert.deepEqual(JSON.parse(JSON.stringify(demo)), demo)
    assert.notDeepEqual(planFleet({ ...loadFleet('demo'), seed: 43 }), demo)
  })

  for (const name of fleetNames()) {
    for (const devices of [1, 100, DEVICES_MAX]) {
      it(`gives ${devices} of ${name} names of their own, quickly`, () => {
        const spec = scaleFleet(loadFleet(name), devices)
        const began = performance.now()
        const plan = planFleet(spec)
        assert.ok(performance.now() - began < PLAN_MS_MAX)
        assert.equal(devicesOf(plan).length, devices)
        assert.equal(new Set(plan.map(source => source.name)).size, plan.length)
        assert.equal(new Set(devicesOf(plan).map(device => device.address)).size, devices)
        for (const source of plan) {
          assert.equal(new Set(source.devices.map(device => device.name)).size, source.devices.length)
          assert.ok(source.devices.length > 0)
          assert.match(source.devices[0]!.address, /^[0-9A-F]{16}$/)
        }
      })
    }
  }

  it('lets a hub speak for a home and a network server for a city, and every other device for itself', () => {
    for (const { dialect, devices } of demo) {
      if (dialect === 'zigbee2mqtt' || dialect === 'tts') assert.ok(devices.length > 1)
      else assert.equal(devices.length, 1)
    }
    assert.equal(demo.filter(({ dialect }) => dialect === 'zigbee2mqtt').length, 2)
    assert.equal(demo.filter(({ dialect }) => dialect === 'tts').length, 1)
  })

  it('uses the client ids of the vendors, alike in two homes where they are', () => {
    const ids = Map.groupBy(demo, source => source.dialect)
    assert.deepEqual(ids.get('zigbee2mqtt')?.map(source => source.clientId), ['zigbee2mqtt', 'zigbee2mqtt'])
    for (const { clientId } of ids.get('tasmota')!) assert.match(clientId, /^DVES_[0-9A-F]{6}$/)
    for (const { clientId } of ids.get('shelly')!) assert.match(clientId, /^shelly(pro3em|htg3|plusplugs)-[0-9a-f]{12}$/)
    const [one, other] = demo.filter(({ dialect }) => dialect === 'zigbee2mqtt')
    assert.deepEqual(one?.devices.map(({ name }) => name), other?.devices.map(({ name }) => name), 'the same topics, too')
  })

  it('puts homes and city devices where their site is, and stations outdoors', () => {
    const [home, city] = loadFleet('demo').sites
    for (const source of demo) {
      const site = source.site === 'city' ? city! : home!
      assert.ok(apart(source.location, site.location) <= site.spreadM + 1)
      for (const device of source.devices) assert.ok(apart(device.location, site.location) <= site.spreadM + 1)
      assert.equal(source.placement, source.dialect === 'senml' || source.dialect === 'tts' ? 'outdoor' : 'indoor')
    }
    const places = devicesOf(demo.filter(({ site }) => site === 'city')).map(({ location }) => String(location))
    assert.equal(new Set(places).size, 26, 'each device of the city has a place of its own')
  })

  it('lets a site have lines of its own, better or worse than those of the fleet', () => {
    const spec = loadFleet('street-50'), [zigbee, plug, older] = ['zigbee-home.1', 'plug-home.1', 'older-home.9']
    const faultsAt = (name: string) => planFleet(spec).find(({ site }) => site === name)!.faults
    assert.deepEqual(faultsAt(zigbee), spec.faults)
    assert.deepEqual([faultsAt(plug).clockSkewS, faultsAt(plug).disconnect], [2, 0])
    assert.ok(faultsAt(older).disconnect > 0)
  })

  it('gives bins a depth, and nothing else one', () => {
    for (const { model, emptyMm, fullMm } of devicesOf([...demo, ...planFleet(loadFleet('city-2000'))])) {
      if (model.endsWith('-bin')) assert.ok(emptyMm! >= 1200 && emptyMm! <= 1800 && fullMm! < emptyMm!)
      else assert.equal(emptyMm, undefined)
    }
  })

  it('does not change a home because there are more of them', () => {
    const few = planFleet(scaleFleet(loadFleet('home'), 30))
    const many = planFleet(scaleFleet(loadFleet('home'), 150))
    assert.deepEqual(many.slice(0, few.length), few)
  })
})
