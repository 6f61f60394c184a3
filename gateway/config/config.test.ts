import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import schema from '#gateway/config/config.schema.json' with { type: 'json' }
import { loadConfig } from '#gateway/config/config.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('The configuration', () => {
  const file = (text: string) => { const path = join(temporaryFolder(), 'sluice.json'); writeFileSync(path, text); return path }

  it('has the defaults of its schema, which is one', () => {
    assert.equal(new Ajv2020().validateSchema(schema), true)
    assert.deepEqual(loadConfig({}), { data: './data', host: '127.0.0.1', mqttPort: 1883, httpPort: 8080, platformPercent: 10, retentionDays: 7, retentionBytes: 1 << 30, bridgeHosts: [], logLevel: 'info' })
  })

  it('prefers what was given to the file, and the file to the defaults', () => {
    const { mqttPort, platformPercent, host } = loadConfig({ mqttPort: 0, host: undefined }, file('{"mqttPort":1,"platformPercent":3}'))
    assert.deepEqual([mqttPort, platformPercent, host], [0, 3, '127.0.0.1'])
  })

  it('names everything that is wrong with it', () => {
    assert.throws(() => loadConfig({}, file('{"mqttPort":70000,"platformPercent":"ten","colour":"red"}')), /mqttPort must be <= 65535; platformPercent must be integer|colour/)
    assert.throws(() => loadConfig({}, file('{"mqttPort":')), /cannot be read as JSON/)
    assert.throws(() => loadConfig({}, join(temporaryFolder(), 'absent.json')), /cannot be read/)
    for (const percent of [-1, 101, 2.5]) assert.throws(() => loadConfig({ platformPercent: percent }), /platformPercent/)
  })
})
