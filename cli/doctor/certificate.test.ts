import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DAYS_LEFT_MIN } from '#cli/doctor/certificate.ts'
import { filesOf, makeCertificate, type Wish } from '#test/support/device-certificates.ts'
import { doctor, nothing, onlyFault, onlyWarning, Others, told, used, type Diagnosis } from '#test/support/doctor.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS
const NAME = 'TLS certificate'
const inTime = (milliseconds: number) => new Date(Date.now() + milliseconds)

describe('The doctor, of MQTT over TLS,', () => {
  const others = new Others(), data = used()
  after(() => others.close())

  const settingsOf = (wish: Wish = {}, more: object = {}) => {
    const files = filesOf(makeCertificate('gateway', { until: inTime(365 * DAY_MS), ...wish }))
    return { SLUICE_MQTTS_CERTIFICATE_FILE: files.certificateFile, SLUICE_MQTTS_KEY_FILE: files.keyFile, SLUICE_MQTTS_PORT: '0', ...more }
  }
  const caFile = (wish: Wish) => filesOf(makeCertificate('devices', { isAuthority: true, ...wish })).certificateFile
  const examined = (wish: Wish = {}, more: object = {}): Promise<Diagnosis> => doctor(data, settingsOf(wish, more))

  it('finds nothing wrong where nothing is, and says how long it is good', async () => {
    const until = inTime(DAYS_LEFT_MIN * DAY_MS + HOUR_MS), diagnosis = await examined({ until })
    nothing(diagnosis)
    assert.match(told(diagnosis, NAME).found, new RegExp(`gateway\\.pem is good until ${until.toISOString().slice(0, 10)}, and its key fits`))
    assert.match(told(diagnosis, 'MQTT over TLS port').found, /a free one/)
  })

  it('warns of a certificate that ends soon, and names one that is over or not yet good', async () => {
    const remedy = /takes them up by itself/
    onlyWarning(await examined({ until: inTime(DAYS_LEFT_MIN * DAY_MS - HOUR_MS) }), NAME, /CN=gateway in .* ends in 29 days, on 2/, remedy)
    onlyWarning(await examined({ until: inTime(DAY_MS + HOUR_MS) }), NAME, /ends in 1 day, on/, remedy)
    onlyFault(await examined({ until: inTime(-HOUR_MS) }), NAME, /CN=gateway in .* is over since 2/, remedy)
    onlyFault(await examined({ from: inTime(DAY_MS) }), NAME, /is good from .* only/, /clock of this machine/)
  })

  it('looks at every certificate of the authorities for devices, and at what goes along with its own', async () => {
    const old = { until: inTime(-HOUR_MS) }
    onlyFault(await examined({}, { SLUICE_MQTTS_CLIENT_CA_FILE: caFile(old) }), NAME, /CN=devices in .*devices\.pem is over/, /made anew/)
    const chain = join(temporaryFolder(), 'chain.pem'), made = makeCertificate('gateway', { until: inTime(365 * DAY_MS) })
    writeFileSync(chain, made.certificate + makeCertificate('between', old).certificate)
    onlyFault(await examined({}, { SLUICE_MQTTS_CERTIFICATE_FILE: chain, SLUICE_MQTTS_KEY_FILE: filesOf(made).keyFile }), NAME, /CN=between in .* is over/, /made anew/)
  })

  it('names files with which no gateway starts', async () => {
    const remedy = /Correct the settings of mqtts/, { keyFile } = filesOf(makeCertificate('other'))
    onlyFault(await examined({}, { SLUICE_MQTTS_KEY_FILE: keyFile }), NAME, /other\.key is not that of the certificate in .*no gateway starts/, remedy)
    onlyFault(await examined({}, { SLUICE_MQTTS_CERTIFICATE_FILE: '/nowhere/c.pem' }), NAME, /\/nowhere\/c\.pem cannot be read: ENOENT/, remedy)
    const none = { SLUICE_MQTTS_CLIENT_CERTIFICATES: 'none', SLUICE_MQTTS_CLIENT_CA_FILE: caFile({ until: inTime(365 * DAY_MS) }) }
    onlyFault(await examined({}, none), NAME, /and none are asked for/, remedy)
  })

  it('names a key that others may read, before there is a data directory as well', async () => {
    const settings = settingsOf()
    chmodSync(settings.SLUICE_MQTTS_KEY_FILE, 0o640)
    for (const directory of [data, join(temporaryFolder(), 'new')]) {
      onlyFault(await doctor(directory, settings), 'file modes', /gateway\.key may be used by others \(mode 640\)/, /chmod 600/)
    }
  })

  it('names a port that is taken, unless it is taken by the gateway that it is for', async () => {
    const port = await others.silent(), remedy = /mqtts\.port \(SLUICE_MQTTS_PORT\)/
    onlyFault(await examined({}, { SLUICE_MQTTS_PORT: `${port}` }), 'MQTT over TLS port', new RegExp(`Port ${port} is taken by another program`), remedy)
    const settings = settingsOf(), directory = temporaryFolder(), gateway = await GatewayProcess.start(directory, {}, settings)
    try {
      const { mqtts } = gateway.ready as unknown as { mqtts: string }
      const diagnosis = await doctor(directory, { ...settings, SLUICE_MQTTS_PORT: new URL(mqtts).port })
      assert.match(told(diagnosis, 'MQTT over TLS port').found, /is taken by the gateway that runs on this data directory/)
      assert.ok(told(diagnosis, 'gateway').found.includes(mqtts))
    } finally { await gateway.kill() }
  })
})
