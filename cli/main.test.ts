import assert from 'node:assert/strict'
import { sluice } from '#test/support/command-line.ts'

const NOWHERE = { SLUICE_URL: 'http://127.0.0.1:1', SLUICE_KEY: 'key' }

describe('The command sluice', () => {
  it('shows what there is, by itself or with --help', async () => {
    for (const argv of [[], ['--help'], ['-h']]) {
      const { code, out, err } = await sluice(argv)
      assert.deepEqual([code, err], [0, ''])
      assert.match(out, /^sluice: a gate.*\n[^]*party add {2,}Adds/)
    }
    assert.match((await sluice(['consent', '--help'])).out, /usage: sluice consent grant\|prohibit\|list\|withdraw\|show/)
    assert.match((await sluice(['--version'])).out, /^\d+\.\d+\.\d+\n$/)
  })

  it('shows the help of a command wherever --help stands, and does nothing else', async () => {
    for (const argv of [['agree', '--help'], ['agree', '--offer', 'x', '-h'], ['agree', '--nonsense', '--help']]) {
      const { code, out } = await sluice(argv, NOWHERE)
      assert.equal(code, 0)
      assert.match(out, /^usage: sluice agree --offer ID/)
    }
  })

  it('ends with 2 for bad usage, and names the help', async () => {
    for (const [argv, message] of [
      [['nonsense'], /no command nonsense.*sluice --help/], [['consent'], /`sluice consent grant`/], [['consent', 'eat'], /consent what\?/], [['usage', 'x'], /Unexpected argument 'x'.*sluice usage --help/],
      [['agree'], /--offer and --purpose are needed/], [['streams', '--nonsense'], /'--nonsense'/],
    ] as const) {
      const { code, out, err } = await sluice(argv, NOWHERE)
      assert.deepEqual([code, out], [2, ''], argv.join(' '))
      assert.match(err, message)
      assert.match(err, /^sluice: .*\(BAD_USAGE\)\n$/)
    }
  })

  it('ends with 1 for a refusal', async () => {
    const { code, err } = await sluice(['usage'], NOWHERE)
    assert.equal(code, 1)
    assert.match(err, /No gateway answers at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\).*sluice serve.*--url/)
  })

  it('tells errors as JSON with --json, and prints nothing else', async () => {
    for (const [argv, code, exit] of [[['agree'], 'BAD_USAGE', 2], [['usage'], 'UNAVAILABLE', 1], [['nonsense'], 'BAD_USAGE', 2]] as const) {
      const ended = await sluice([...argv, '--json'], NOWHERE), { error, ...more } = JSON.parse(ended.err)
      assert.deepEqual([ended.code, ended.out, error.code, more], [exit, '', code, {}])
      assert.ok(error.message.length > 10)
    }
  })
})
