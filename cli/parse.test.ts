import assert from 'node:assert/strict'
import type { Command } from '#cli/command.ts'
import { helpOf } from '#cli/help.ts'
import { findCommand, parseInput } from '#cli/parse.ts'

const command: Command = {
  name: 'do it', group: 'Tests', summary: 'For tests.', examples: [], load: () => Promise.reject(new Error('not to be run')),
  arguments: [{ name: 'THING', help: 'What.' }],
  options: [
    { name: 'name', type: 'text', help: '' },
    { name: 'kind', type: 'choice', values: ['a', 'b'], help: '' },
    { name: 'item', type: 'list', help: '' },
    { name: 'count', type: 'integer', min: 1, max: 10, help: '' },
    { name: 'rate', type: 'number', min: 0, help: '' },
    { name: 'location', type: 'location', help: '' },
    { name: 'loud', type: 'flag', help: '' },
    { name: 'last', type: 'integer', default: 20, help: '' },
  ],
}
const read = (...args: string[]) => parseInput(command, ['x', ...args])
const fails = (args: readonly string[], message: RegExp) => assert.throws(() => parseInput(command, args), (error: { message: string, code: string, exitCode: number }) => {
  assert.match(error.message, message)
  assert.match(error.message, /See `sluice do it --help`\.$/)
  assert.deepEqual([error.code, error.exitCode], ['BAD_USAGE', 2])
  return true
})

describe('A command line', () => {
  it('names its command by the longest words that fit', () => {
    const commands = [command, { ...command, name: 'do' }]
    assert.equal(findCommand(commands, ['do', 'it', 'now'])?.command.name, 'do it')
    assert.deepEqual(findCommand(commands, ['do', 'that']), { command: commands[1], rest: ['that'] })
    assert.equal(findCommand(commands, ['it']), undefined)
    assert.equal(findCommand(commands, []), undefined)
  })

  it('gives each value as its type', () => {
    const input = parseInput(command, ['thing', '--name', 'n', '--kind', 'b', '--count', '7', '--rate', '2.5', '--location', '4.35,50.85', '--loud'])
    assert.deepEqual(
      [input.needed('THING'), input.text('name'), input.text('kind'), input.number('count'), input.number('rate'), input.location('location'), input.flag('loud')],
      ['thing', 'n', 'b', 7, 2.5, [4.35, 50.85], true])
    assert.deepEqual([input.list('item'), input.flag('json'), input.text('url'), input.number('last')], [undefined, false, undefined, 20])
  })

  it('may put options before, behind and between arguments, with = or without', () => {
    for (const args of [['--name=n', 'thing'], ['thing', '--name', 'n'], ['--name', 'n', '--', 'thing']]) {
      const input = parseInput(command, args)
      assert.deepEqual([input.needed('THING'), input.text('name')], ['thing', 'n'])
    }
    assert.equal(parseInput(command, ['--', '--loud']).needed('THING'), '--loud', 'behind -- all are arguments')
  })

  it('has lists by commas, or repeated, or both', () => {
    for (const args of [['--item', 'a,b,c'], ['--item', 'a', '--item', 'b', '--item', 'c'], ['--item', 'a, b', '--item=c,']]) assert.deepEqual(read(...args).list('item'), ['a', 'b', 'c'])
    fails(['x', '--item', ','], /--item is empty/)
  })

  it('may have values that begin with a minus', () => {
    assert.deepEqual(read('--location', '-0.12,51.5').location('location'), [-0.12, 51.5])
    assert.deepEqual(read('--location=-0.12,-51.5').location('location'), [-0.12, -51.5])
    assert.equal(read('--name', '-n').text('name'), '-n')
    assert.deepEqual(read('--item', '-a,-b').list('item'), ['-a', '-b'])
    fails(['x', '--count', '-1'], /--count must be from 1 to 10/)
    fails(['x', '--name', '--loud'], /^Option '--name' argument is ambiguous\. See `sluice [^`]+ --help`\.$/)
  })

  it('is refused with what it does not know', () => {
    fails(['x', '--colour', 'red'], /^Unknown option '--colour'\. See `sluice [^`]+ --help`\.$/)
    fails(['x', '-v'], /Unknown option '-v'/)
    fails(['x', 'y'], /Unexpected argument 'y'/)
    fails(['x', '--loud=yes'], /--loud/)
  })

  it('is whole without arguments that are optional', () => {
    const optional = { ...command, arguments: [{ name: 'THING', help: '' }, { name: 'MORE', help: '', isOptional: true }] as const }
    assert.deepEqual(['thing', 'thing more'].map(line => parseInput(optional, line.split(' ')).text('MORE')), [undefined, 'more'])
    assert.throws(() => parseInput(optional, []), /THING is needed/)
    assert.match(helpOf(optional), /THING \[MORE\]/)
  })

  it('is refused without what is needed, all of it named', () => {
    fails([], /^THING is needed/)
    assert.throws(() => parseInput({ ...command, options: [{ name: 'role', type: 'text', isRequired: true, help: '' }] }, []), /THING and --role are needed/)
    fails(['x', '--name'], /--name/)
    fails(['x', '--name', ''], /--name is empty/)
  })

  it('is refused with the same option twice, unless it is a list', () => {
    fails(['x', '--name', 'a', '--name', 'b'], /--name was given more than once/)
    assert.equal(read('--loud', '--loud').flag('loud'), true)
  })

  it('is refused with a value that is not of its type', () => {
    fails(['x', '--kind', 'c'], /--kind must be one of a, b/)
    for (const text of ['1.5', 'x', '0x1', '1e3', '', ' 1']) fails(['x', '--count', text], /--count must be a whole number/)
    for (const text of ['0', '11']) fails(['x', '--count', text], /--count must be from 1 to 10/)
    for (const text of ['x', 'Infinity', 'NaN', '1e3', '.']) fails(['x', '--rate', text], /--rate must be a number/)
    fails(['x', '--rate', '-0.5'], /--rate must be 0 or more/)
    for (const text of ['1', '1,2,3', 'a,b', ',', '1,', 'NaN,1']) fails(['x', '--location', text], /--location must be LON,LAT/)
    assert.deepEqual([read('--count', '1').number('count'), read('--count', '10').number('count')], [1, 10])
  })
})
