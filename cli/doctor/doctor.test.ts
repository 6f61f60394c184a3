import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { CHECKS, examine } from '#cli/doctor/checks.ts'
import { factsOf, realProbes } from '#cli/doctor/facts.ts'
import { NODE_MAJOR_MIN } from '#cli/doctor/node.ts'
import { settle } from '#gateway/config/config.ts'
import { sluice } from '#test/support/command-line.ts'
import { doctor, doctorWith, nothing, onlyFault, Others, used } from '#test/support/doctor.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const OF_EVERY_DIRECTORY = [
  'Node', 'configuration', 'data directory', 'file modes', 'gateway', 'MQTT port', 'HTTP port',
  'state', 'state transparency log', 'consents', 'disk space', 'disk speed', 'clock',
]

describe('The doctor', () => {
  const others = new Others()
  after(() => others.close())

  it('finds nothing wrong where nothing is, and leaves no trace', async () => {
    const data = used(), traces = () => readdirSync(data).map(name => [name, statSync(join(data, name)).mtimeMs])
    const before = traces(), diagnosis = await doctor(data)
    nothing(diagnosis)
    assert.deepEqual(diagnosis.checks.map(({ name }) => name), OF_EVERY_DIRECTORY)
    assert.deepEqual(traces(), before)
    nothing(await doctor(join(data, 'not', 'there')))
    assert.equal(existsSync(join(data, 'not')), false)
  })

  it('speaks to people in lines, with what to do below each fault', async () => {
    const settings = { SLUICE_MQTT_PORT: '0', SLUICE_HTTP_PORT: '0', SLUICE_LOG_LEVEL: 'loud' }
    const { code, out, err } = await sluice(['doctor', '--data', join(temporaryFolder(), 'data')], settings)
    assert.match(out, /^✓ Node {2,}v\d+.*\n✗ configuration +SLUICE_LOG_LEVEL: logLevel is "loud".*\n +→ Choose one of them\.$/m)
    assert.deepEqual([code, err], [1, 'sluice: There is a fault. (UNAVAILABLE)\n'])
  })

  it('names all that is wrong at once', async () => {
    const data = used()
    chmodSync(join(data, 'master.key'), 0o666)
    const settings = { SLUICE_MQTT_PORT: `${await others.silent()}`, SLUICE_HISTORY_URL: `http://127.0.0.1:${await others.nobody()}` }
    const { code, checks } = await doctor(data, settings)
    const faults = checks.filter(({ state }) => state === 'fault').map(({ name }) => name)
    assert.deepEqual([code, faults], [1, ['file modes', 'MQTT port', 'history']])
  })

  it('tells how far it is, and that a check which cannot be made is a fault', async () => {
    const shares: number[] = [], broken = { ...realProbes, syncTimes: () => { throw new Error('EIO') } }
    const facts = factsOf(await settle({ given: { data: used(), mqttPort: 0, httpPort: 0 } }), broken)
    const checks = await examine(facts, share => shares.push(share))
    assert.deepEqual([shares.length, shares.at(-1), shares.toSorted((a, b) => a - b)], [CHECKS.length, 1, shares])
    const [{ name, found }, ...more] = checks.filter(({ state }) => state !== 'ok') as [typeof checks[number]]
    assert.deepEqual([name, found, more], ['disk speed', 'could not be looked at: EIO', []])
  })

  it('names a Node that is too old (another version: this one is the project\'s)', async () => {
    const data = used()
    onlyFault(await doctorWith({ nodeVersion: 'v22.19.0' }, data), 'Node', /v22\.19\.0 is too old/, /Install Node 24 or newer/)
    nothing(await doctorWith({ nodeVersion: `v${NODE_MAJOR_MIN}.0.0` }, data))
  })

  it('names an old Node that starts it for real, which could not load a check', function () {
    const majorOf = (node: string) => Number(/^v(\d+)/.exec(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? Infinity)
    const nodes = (process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, 'node')).filter(existsSync)
    const old = nodes.find(node => majorOf(node) < NODE_MAJOR_MIN)
    if (!old) { console.log('      skipped: there is no older Node on this machine'); this.skip() }
    const alone = temporaryFolder() // without the Node that npm brought
    cpSync(join(ROOT, 'bin'), join(alone, 'bin'), { recursive: true })
    writeFileSync(join(alone, 'package.json'), '{"type":"module"}')
    const { status, stderr } = spawnSync(old, [join(alone, 'bin', 'sluice.js'), 'doctor'], { encoding: 'utf8' })
    assert.equal(status, 1)
    assert.match(stderr, /Node 24 or newer.* this is v\d+\..*[Ii]nstall/)
  })

  it('names each fault of the configuration', async () => {
    const file = join(temporaryFolder(), 'sluice.yml')
    writeFileSync(file, 'retentionDays: 7\nretenionBytes: 1\n')
    const diagnosis = await doctor(used(), {}, '--config', file)
    onlyFault(diagnosis, 'configuration', /sluice\.yml:2:1: There is no setting retenionBytes/, /Did you mean retentionBytes\?/)
  })
})
