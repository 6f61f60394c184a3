import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('config check', () => {
  const folder = temporaryFolder(), good = join(folder, 'good.yml'), bad = join(folder, 'bad.yml')
  before(() => {
    writeFileSync(good, '# ours\nmqttPort: 1884\n')
    writeFileSync(bad, 'mqttPort: 70000\nmqtPort: 1\n')
  })

  it('says that nothing is wrong, what counts, and where it comes from', async () => {
    const { code, out, err } = await sluice(['config', 'check', good], { SLUICE_HISTORY_URL: 'http://h:8086' })
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, new RegExp(`^mqttPort +1884 +${good}:2$`, 'm'))
    assert.match(out, /^httpPort +8080 +default$/m)
    assert.match(out, /^history.url +"http:\/\/h:8086" +SLUICE_HISTORY_URL$/m)
    assert.match(out, /\nThere is no fault in it\.\n$/)
  })

  it('prints each fault with its line and column, and what to do, and ends with 1', async () => {
    const { code, out, err } = await sluice(['config', 'check', bad])
    assert.deepEqual(out.split('\n'), [
      `${bad}:1:11: mqttPort is 70000, and must be 65535 or less. Give a smaller number.`,
      `${bad}:2:1: There is no setting mqtPort. Did you mean mqttPort?`, '',
    ])
    assert.deepEqual([code, err], [1, 'sluice: The configuration has 2 faults. (BAD_REQUEST)\n'])
  })

  it('tells the same as JSON', async () => {
    const { code, out, err } = await sluice(['config', 'check', '--json'], { SLUICE_CONFIG: bad })
    const { ok, faults, settings } = JSON.parse(out), message = 'There is no setting mqtPort.', remedy = 'Did you mean mqttPort?'
    assert.deepEqual([code, ok, JSON.parse(err).error.code], [1, false, 'BAD_REQUEST'])
    assert.deepEqual(faults[1], { file: bad, line: 2, column: 1, path: 'mqtPort', message, remedy })
    assert.deepEqual(settings.mqttPort, { value: 1883, from: 'default' })
    assert.equal((await sluiceJson(['config', 'check', good])).settings.mqttPort.line, 2)
  })

  it('keeps a gateway from starting with it', async () => {
    const { code, err } = await sluice(['serve', '--data', join(folder, 'data'), '--config', bad])
    assert.equal(code, 1)
    assert.match(err, /bad\.yml:1:11: mqttPort is 70000.*bad\.yml:2:1: .*Did you mean mqttPort\?/)
  })
})
