import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { parse } from 'yaml'
import { loadConfig, readConfig, settle, type Sources } from '#gateway/config/config.ts'
import { ALIASES_MAX, FILE_BYTES_MAX } from '#gateway/config/file.ts'
import { faultText } from '#gateway/config/layer.ts'
import { distance, nearest } from '#gateway/config/nearest.ts'
import { nested, schema, SETTINGS } from '#gateway/config/settings.ts'
import { REFUSAL_CODES, REQUEST_CODES } from '#gateway/errors.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const DEFAULTS = {
  data: './data', host: '127.0.0.1', mqttPort: 1883, httpPort: 8080, mqttWebSocket: true, platformPercent: 10, lingerMs: 1, resetOnWithdrawal: false, retentionDays: 7,
  sourcePacketsPerSecond: 100_000, sourceBytesPerSecond: 1 << 27, sourceLongRoadPercent: 25, retentionBytes: 1 << 30, bridgeHosts: [], logLevel: 'info',
}
const folder = temporaryFolder()
function file(content: string | Uint8Array): string {
  const path = join(mkdtempSync(join(folder, 'x')), 'sluice.yml')
  writeFileSync(path, content)
  return path
}
/** What is wrong with a file, as it is told, without the name of the file. */
async function told(content: string | Uint8Array, more: Sources = {}): Promise<string[]> {
  const path = file(content)
  return (await settle({ file: path, ...more })).faults.map(fault => faultText(fault).replace(path, ''))
}

describe('The configuration', () => {
  it('has the defaults of its schema, which is one', () => {
    assert.equal(new Ajv2020().validateSchema(schema), true)
    assert.deepEqual(loadConfig({}), DEFAULTS)
  })

  it('prefers what was given to the environment, that to the file, and the file to the defaults, and says which it was', async () => {
    const path = file('mqttPort: 1\nhttpPort: 2\nplatformPercent: 3\n')
    const environment = { SLUICE_MQTT_PORT: '10', SLUICE_HTTP_PORT: '20' }
    const { config, settings, faults } = await settle({ file: path, environment, given: { mqttPort: 0, host: undefined } })
    assert.deepEqual(faults, [])
    assert.deepEqual(config, { ...DEFAULTS, mqttPort: 0, httpPort: 20, platformPercent: 3 })
    assert.deepEqual([settings['mqttPort'], settings['httpPort'], settings['platformPercent'], settings['host']], [
      { value: 0, from: 'command line', option: '--mqtt-port' }, { value: 20, from: 'environment', variable: 'SLUICE_HTTP_PORT' },
      { value: 3, from: 'file', file: path, line: 3, column: 18 }, { value: '127.0.0.1', from: 'default' },
    ])
  })

  it('reads the file that SLUICE_CONFIG names, unless another is named', async () => {
    const environment = { SLUICE_CONFIG: file('mqttPort: 1') }
    assert.equal((await readConfig({ environment })).mqttPort, 1)
    assert.equal((await readConfig({ environment, file: file('mqttPort: 2') })).mqttPort, 2)
    assert.equal((await readConfig({ environment: { SLUICE_CONFIG: '' } })).mqttPort, 1883)
  })

  it('takes every setting from the environment, by a name made of its own', async () => {
    const written: Record<string, unknown> = {
      data: '/d', host: '::1', mqttPort: 1, httpPort: 2, mqttWebSocket: false, platformPercent: 3, lingerMs: 2.5, resetOnWithdrawal: true, retentionDays: 0.5,
      sourcePacketsPerSecond: 5, sourceBytesPerSecond: 65_536, sourceLongRoadPercent: 6, retentionBytes: 1 << 24, bridgeHosts: ['a.example', '[::1]:1883'], logLevel: 'warn',
      'mqtts.port': 4, 'mqtts.certificateFile': '/c', 'mqtts.keyFile': '/k', 'mqtts.clientCaFile': '/a',
      'mqtts.clientCertificates': 'required',
      'history.url': 'http://h:8086', 'history.database': 'd', 'history.username': 'u', 'history.passwordFile': '/p', 'history.keep': 'P1Y',
      'controller.name': 'n', 'controller.address': 'a', 'controller.contact': 'c', 'controller.country': 'BE', 'controller.jurisdiction': 'FR', 'controller.storageCountry': 'DE', 'controller.joint': ['n | a | c | BE', 'm | b | d | NL'],
      'controller.authority': 'x', 'controller.authorityAddress': 'y', 'controller.authorityContact': 'z',
    }
    const inText = (value: unknown) => [value].flat().join(', ')
    const environment = Object.fromEntries(SETTINGS.map(({ name, variable }) => [variable, inText(written[name])]))
    assert.deepEqual(await readConfig({ environment }), nested(({ name }) => written[name]))
    assert.equal(environment['SLUICE_HISTORY_PASSWORD_FILE'], '/p')
    assert.deepEqual(await readConfig({ environment: Object.fromEntries(Object.keys(environment).map(name => [name, ''])) }), DEFAULTS)
  })

  it('has a history where anything is said of one, with the defaults of the rest', async () => {
    const environment = { SLUICE_HISTORY_URL: 'https://h' }, { history } = await readConfig({ environment })
    assert.deepEqual(history, { url: 'https://h', database: 'sluice', keep: 'P30D' })
    const both = await readConfig({ file: file('history: { database: d }'), environment })
    assert.deepEqual(both.history, { url: 'https://h', database: 'd', keep: 'P30D' })
  })

  it('has TLS where a certificate and its key are named, on the port that is usual for it', async () => {
    assert.deepEqual((await readConfig({ environment: { SLUICE_MQTTS_CERTIFICATE_FILE: '/c', SLUICE_MQTTS_KEY_FILE: '/k' } })).mqtts, { port: 8883, certificateFile: '/c', keyFile: '/k' })
    await assert.rejects(readConfig({ file: file('mqtts: { port: 8884, certificateFile: /c }') }), /mqtts.keyFile is missing, and mqtts is nothing without it. Give it \(or SLUICE_MQTTS_KEY_FILE\)/)
  })

  it('knows true and false in the environment, in any case, and nothing else of the kind', async () => {
    for (const [text, value] of [['false', false], ['TRUE', true], ['', true]] as const) assert.equal((await readConfig({ environment: { SLUICE_MQTT_WEB_SOCKET: text } })).mqttWebSocket, value)
    await assert.rejects(readConfig({ environment: { SLUICE_MQTT_WEB_SOCKET: 'no' } }), /SLUICE_MQTT_WEB_SOCKET: mqttWebSocket is "no", and must be true or false/)
  })

  it('is the same as YAML and as JSON, with tabs and with a byte order mark', async () => {
    const yaml = 'mqttPort: 1 # a port\nbridgeHosts:\n  - a.example:1883\nhistory:\n  url: http://h\n', value: unknown = parse(yaml)
    const read = await readConfig({ file: file(yaml) })
    assert.deepEqual(read.bridgeHosts, ['a.example:1883'])
    for (const same of [JSON.stringify(value), JSON.stringify(value, undefined, '\t'), `\ufeff${yaml}`, yaml.replaceAll('\n', '\r\n')]) {
      assert.deepEqual(await readConfig({ file: file(same) }), read)
    }
    for (const nothing of ['', '# nothing\n', '---\n', '{}']) assert.deepEqual(await readConfig({ file: file(nothing) }), DEFAULTS)
  })

  describe('tells what is wrong, where, and what to do', () => {
    it('all at once', async () => {
      const text = [
        'mqttPort: 70000', 'platformPercent: "10"', 'bridgeHosts: [ok.example, mqtt://x]', 'history:', '  databse: x', '  keep:',
        'url: http://x', 'logLevel: inf', 'log-level: x', 'colour: red',
      ].join('\n')
      const names = 'data, host, mqttPort, httpPort, mqttWebSocket, sourcePacketsPerSecond, sourceBytesPerSecond, sourceLongRoadPercent, mqtts, platformPercent, lingerMs, resetOnWithdrawal, retentionDays, retentionBytes, bridgeHosts, history, controller, logLevel'
      assert.deepEqual(await told(text, { environment: { SLUICE_HTTP_PORT: 'x' } }), [
        ':1:11: mqttPort is 70000, and must be 65535 or less. Give a smaller number.',
        ':2:18: platformPercent is "10", and must be a whole number. Write it without quotes.',
        ':3:27: bridgeHosts.1 is "mqtt://x", which has not the form that it needs. Write it such as ["broker.example:1883"].',
        ':4:1: history.url is missing, and history is nothing without it. '
          + 'Give it (or SLUICE_HISTORY_URL), such as "http://127.0.0.1:8086".',
        ':5:3: There is no setting history.databse. Did you mean database?',
        ':6:3: history.keep has no value. Give it one, or remove the line.',
        ':7:1: There is no setting url. It belongs in a group: history.url.',
        ':8:11: logLevel is "inf", and must be one of silent, error, warn, info, debug. Did you mean info?',
        ':9:1: There is no setting log-level. Did you mean logLevel?',
        `:10:1: There is no setting colour. Remove it: there are ${names}.`,
        'SLUICE_HTTP_PORT: httpPort is "x", and must be a whole number. Write it such as 8080.',
      ])
    })

    for (const [what, text, expected] of [
      ['a key that is there twice', 'mqttPort: 1\nhttpPort: 2\nmqttPort: 3\n', /^:3:1: mqttPort is there twice. Keep one.$/],
      ['a tab', 'history:\n\turl: http://h\n', /^:2:1: This is not YAML: .* Indent with spaces.$/],
      ['an open bracket', 'bridgeHosts: [a\n', /^:2:1: This is not YAML: .* Close what is open here/],
      ['an open quote', 'host: "a\n', /^:2:1: This is not YAML/],
      ['an open JSON document', '{"mqttPort":', /^:1:13: This is not YAML/],
      ['a second document', 'mqttPort: 1\n---\nmqttPort: 2\n', /^:2:1: .* Keep one document/],
      ['a tag', 'mqttPort: !port 1\n', /^:1:11: .* Remove the tag/],
      ['an alias of nothing', 'mqttPort: *port\n', /^:1:1: .*port. Write the values out/],
      ['a list', '- mqttPort\n', /^:1:1: The configuration is \["mqttPort"\], and must be a group of settings. Its settings are data/],
      ['a text', 'mqttPort\n', /^:1:1: The configuration is "mqttPort", and must be a group/],
      ['a group that is none', 'history: http://h\n', /^:1:10: history is "http:\/\/h", and must be a group.* Its settings are url/],
      ['a setting that is none', 'mqttPort: { number: 1 }\n', /^:1:11: mqttPort is \{"number":1\}, .* Write it such as 1883.$/],
      ['neither true nor false', 'mqttWebSocket: yes\n', /^:1:16: mqttWebSocket is "yes", and must be true or false. Write it such as true.$/],
      ['no number', 'retentionDays: .inf\n', /^:1:16: retentionDays is Infinity, and must be a number/],
      ['nothing', 'retentionDays: 0\n', /retentionDays is 0, and must be more than 0. Give a larger number.$/],
      ['an empty text', 'host: ""\n', /^:1:7: host is empty/],
      ['a name in an address', 'history: { url: "http://me:secret@h" }\n', /^:1:17: history.url is .* Write it such as "http:\/\/127/],
      ['the same twice', 'bridgeHosts: [a, a]\n', /^:1:14: bridgeHosts names the same twice/],
      ['names that JavaScript knows', '__proto__: { mqttPort: 1 }\nconstructor: 1\n', /^:1:1: There is no setting __proto__/],
      ['bytes that are no text', Uint8Array.of(0x61, 0x3a, 0x20, 0xff), /^: The file cannot be read: .*not valid.* Name another with/],
    ] as const) it(`(${what})`, async () => assert.match((await told(text))[0]!, expected))

    it('(no file, and what is none)', async () => {
      const expected = { code: 'BAD_REQUEST', message: /The file cannot be read: E\w+.*Name another with --config or SLUICE_CONFIG/ }
      for (const path of [join(folder, 'absent.yml'), folder]) await assert.rejects(readConfig({ file: path }), expected)
    })

    it('(a variable that is nearly one), and lets those of others be', async () => {
      const others = {
        SLUICE_PORT: 'tcp://10.0.0.1:80', SLUICE_SERVICE_HOST: '10.0.0.1', SLUICE_SERVICE_PORT_HTTP: '80', SLUICE_PORT_8080_TCP_ADDR: 'x',
        SLUICE_URL: 'x', SLUICE_KEY: 'x', MQTT_PORT: 'x',
      }
      assert.deepEqual(await readConfig({ environment: others }), DEFAULTS)
      const slip = readConfig({ environment: { SLUICE_MQTTPORT: '1' } })
      await assert.rejects(slip, /SLUICE_MQTTPORT: There is no setting SLUICE_MQTTPORT. Did you mean SLUICE_MQTT_PORT\?/)
    })

    it('(an option)', () => {
      for (const platformPercent of [-1, 101, 2.5]) {
        assert.throws(() => loadConfig({ platformPercent }), /--platform-percent: platformPercent is/)
      }
    })

    it('in one error, which ends in time', async () => {
      const many = Array.from({ length: 60 }, (_, k) => `wrong${k}: 1`).join('\n')
      await assert.rejects(readConfig({ file: file(many) }), ({ message }: Error) => {
        assert.match(message, /wrong0\. Remove it.* And 50 more: see `sluice config check`\.$/)
        return message.length < 5_000
      })
    })
  })

  it('goes on without what is wrong, for those who look', async () => {
    const text = 'mqttPort: 1\nhttpPort: x\nbridgeHosts: [a, ""]\nhistory: { url: ftp://h, keep: P1D }\n'
    const { config } = await settle({ file: file(text), environment: { SLUICE_MQTT_PORT: 'x' } })
    assert.deepEqual(config, { ...DEFAULTS, mqttPort: 1 })
  })

  describe('bounds what a file may cost', () => {
    it('in bytes', async () => {
      assert.deepEqual(await told(`mqttPort: 1\n${'#'.repeat(FILE_BYTES_MAX - 12)}`), [])
      assert.match((await told(`mqttPort: 1\n${'#'.repeat(FILE_BYTES_MAX - 11)}`))[0]!, /more than 1048576 bytes/)
    })

    it('in aliases', async () => {
      const hosts = (count: number) => `bridgeHosts: [&a a.example, ${'*a,'.repeat(count)}]`
      assert.match((await told(hosts(ALIASES_MAX - 1)))[0]!, /names the same twice/)
      assert.match((await told(hosts(ALIASES_MAX)))[0]!, /alias.*Write the values out/)
      const level = (letter: string, k: number) => `${letter}: &${letter} [${`*${'abcdefghi'.charAt(k)},`.repeat(10)}]`
      const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...[...'bcdefghij'].map(level)].join('\n')
      assert.match((await told(bomb))[0]!, /alias.*Write the values out/)
    })

    it('in depth, and in equal keys', async () => {
      assert.match((await told('['.repeat(10_000)))[0]!, /Remove the nesting/)
      assert.equal((await told('a: 1\n'.repeat(5_000))).length, 5_000)
    })
  })

  it('survives whatever a file is', async () => {
    const pieces = fc.constantFrom(
      'mqttPort', 'history', ': ', '\n', '  ', '- ', '{', '}', '[', ']', '"', '1883', '&a', '*a', '!x', '#', '|', '>', '? ', '\t', '---',
      '<<', 'null', '%')
    await fc.assert(fc.asyncProperty(fc.array(pieces, { maxLength: 30 }), async parts => {
      const { config, faults } = await settle({ file: file(parts.join('')) })
      assert.deepEqual(loadConfig(config), config)
      for (const fault of faults) assert.match(faultText(fault), /^.+:\d+:\d+: .+\. .+[.?]$/s)
    }), { numRuns: 300 })
  })

  it('has an example that names every setting with its default, and is one when it is uncommented', async () => {
    const example = readFileSync(join(ROOT, 'sluice.example.yml'), 'utf8')
    assert.match(example, /^# yaml-language-server: \$schema=\.\/gateway\/config\/config\.schema\.json$/m)
    assert.deepEqual(await readConfig({ file: join(ROOT, 'sluice.example.yml') }), DEFAULTS)
    const { settings, faults } = await settle({ file: file(example.replaceAll(/^#(?=[a-zA-Z]|  \w)/gm, '')) })
    assert.deepEqual(faults, [])
    for (const { name, described: { default: fallback, examples } } of SETTINGS) {
      assert.equal(settings[name]?.from, 'file', name)
      assert.deepEqual(settings[name].value, fallback ?? examples?.[0], name)
    }
  })
})

describe('The operating manual', () => {
  const manual = readFileSync(join(ROOT, 'docs', 'operating.md'), 'utf8')

  it('lists every setting with its variable and its default', () => {
    for (const { name, variable, described: { default: fallback } } of SETTINGS) {
      const [row = ''] = manual.match(new RegExp(`^\\| \`${name.replace('.', '\\.')}\` \\|.*$`, 'm')) ?? []
      assert.ok(row.includes(`\`${variable}\``), `${name}: ${row}`)
      if (typeof fallback === 'string' || typeof fallback === 'number') assert.ok(row.includes(`| \`${fallback}\` |`), `${name}: ${row}`)
    }
  })

  it('says of every code what it means', () => {
    const rows = manual.slice(manual.indexOf('## What the codes mean')).split('\n').filter(line => line.startsWith('|'))
    const table = rows.map(line => line.split('|')[1]).join()
    for (const code of [...REFUSAL_CODES, ...REQUEST_CODES]) assert.ok(table.includes(`\`${code}\``), code)
  })
})

describe('Did you mean', () => {
  it('finds slips, swaps, other cases and separators, and nothing far off', () => {
    const names = ['mqttPort', 'httpPort', 'host', 'data']
    for (const word of ['mqttport', 'mqtt_port', 'mqttPrto', 'MQTT-PORT']) assert.equal(nearest(word, names), 'mqttPort', word)
    for (const [word, meant] of [['htpPort', 'httpPort'], ['hots', 'host'], ['colour', undefined], ['', undefined]] as const) {
      assert.equal(nearest(word, names), meant, word)
    }
  })

  it('counts as a metric does', () => {
    const word = fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b', 'c') })
    fc.assert(fc.property(word, word, (a, b) => {
      const far = distance(a, b)
      assert.deepEqual([far, far === 0], [distance(b, a), a === b])
      return far <= Math.max(a.length, b.length) && far >= Math.abs(a.length - b.length)
    }))
  })
})
