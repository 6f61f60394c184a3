import assert from 'node:assert/strict'
import { DIALECT_NAMES } from '#gateway/api/dialects.ts'
import { UNITS } from '#gateway/market/offers.ts'
import { DEVICES_MAX, fleetNames } from '#simulators/fleet.ts'
import { optionsOf } from '#cli/command.ts'
import { helpOf, overview } from '#cli/help.ts'
import { findCommand, parseInput } from '#cli/parse.ts'
import { COMMANDS } from '#cli/table.ts'

const optionOf = (name: string, option: string) => COMMANDS.find(command => command.name === name)!.options.find(candidate => candidate.name === option)!
/** The words of an example, as a shell would split it. */
const words = (example: string) => example.split(' ').slice(1)

describe('The command table', () => {
  it('has the commands that there are, each once', () => {
    assert.deepEqual(COMMANDS.map(({ name }) => name).sort(), [
      'access', 'actions', 'aggregate create', 'aggregate list', 'aggregate remove', 'agree', 'agreement end', 'agreement list', 'backup', 'breach', 'bridge add', 'bridge list', 'bridge set', 'certificate add', 'certificate list', 'certificate remove', 'certificate trial', 'config check',
      'consent accept', 'consent check', 'consent defer', 'consent export', 'consent grant', 'consent import', 'consent list', 'consent preview', 'consent prohibit', 'consent receipts', 'consent refuse', 'consent renew', 'consent request',
      'consent requests', 'consent revoke', 'consent show', 'consent withdraw', 'demo', 'device list', 'device set', 'doctor', 'erase', 'erasure list', 'explain', 'export', 'group add', 'group join', 'group leave', 'group list', 'group remove',
      'history', 'key revoke', 'key rotate', 'ledger', 'lift', 'log level', 'notice set', 'notice show', 'object', 'odrl check', 'odrl evaluate', 'offer create', 'offer list', 'offer withdraw', 'operator reset-key', 'pair', 'party add',
      'party list', 'party set', 'recipient notices', 'record', 'rectify', 'restore', 'restrict', 'serve', 'simulate', 'source leave', 'source list', 'source remove', 'source resume', 'source rotate', 'source subject', 'source suspend',
      'streams', 'subscribe', 'transfers', 'transparency export', 'transparency growth', 'transparency head', 'transparency proof', 'usage', 'verify',
    ])
  })

  for (const command of COMMANDS) {
    describe(`says of ${command.name}`, () => {
      it('what it does, what each option is, and an example or two', () => {
        assert.match(command.summary, /^[A-Z].*\.$/)
        for (const { name, help, type, value, values } of optionsOf(command)) {
          assert.match(help, /\.$/, `--${name} has help`)
          assert.ok(type === 'flag' || value !== undefined || values !== undefined, `--${name} shows its value`)
        }
        assert.ok(command.examples.length > 0)
        assert.equal(new Set(optionsOf(command).map(({ name }) => name)).size, optionsOf(command).length)
      })

      it('nothing in its examples that it would not understand', () => {
        for (const example of command.examples) {
          const found = findCommand(COMMANDS, words(example))
          assert.equal(found?.command.name, command.name)
          parseInput(command, found.rest)
        }
      })

      it('all of that in its help', () => {
        const help = helpOf(command)
        for (const text of [`usage: sluice ${command.name}`, command.summary, ...optionsOf(command).map(({ name }) => `--${name}`), ...(command.arguments ?? []).map(({ name }) => name), ...command.examples]) assert.ok(help.includes(text), text)
        assert.ok(help.split('\n').every(line => line.length <= 160), help)
      })

      it('who runs it', async () => { assert.equal(typeof await command.load(), 'function') })
    })
  }

  it('lists every command in the overview', () => {
    for (const { name, summary } of COMMANDS) assert.match(overview(COMMANDS), new RegExp(`^  ${name} +${summary.split(' ')[0]}`, 'm'))
  })

  it('knows the words that the gateway and the simulators know', () => {
    assert.deepEqual([...optionOf('pair', 'dialect').values!].sort(), [...DIALECT_NAMES].sort())
    assert.deepEqual(optionOf('offer create', 'unit').values, UNITS)
    assert.equal(optionOf('simulate', 'devices').max, DEVICES_MAX)
    assert.ok(optionOf('simulate', 'fleet').help.includes(`(${fleetNames().join(', ')})`))
  })
})
