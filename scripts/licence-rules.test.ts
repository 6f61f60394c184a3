import assert from 'node:assert/strict'
import { FOR_TOOLS, isAllowed, objections, SHIPPED } from '#scripts/licence-rules.ts'

const nothing = () => undefined

describe('The licences of dependencies', () => {
  it('are let in by name, alone or in an expression', () => {
    const expressions = [
      'MIT', '(MIT)', 'MIT OR GPL-3.0-only', '(GPL-3.0-only OR Apache-2.0)', 'MIT AND ISC', 'GPL-2.0-only OR MIT AND ISC',
    ]
    assert.deepEqual(expressions.filter(licence => !isAllowed(licence, SHIPPED)), [])
  })

  it('keep out what asks for source code, what only resembles a name, and what nobody can read', () => {
    const expressions = [
      'GPL-3.0-or-later', 'AGPL-3.0-only', 'LGPL-2.1-only', 'MIT AND GPL-2.0-only', 'mit', 'MIT-0',
      'SEE LICENSE IN LICENSE.md', 'UNLICENSED', 'SSPL-1.0',
      'GPL-2.0-only WITH Classpath-exception-2.0', '(MIT OR (GPL-2.0-only AND ISC))', '',
    ]
    assert.deepEqual(expressions.filter(licence => isAllowed(licence, FOR_TOOLS)), [])
    assert.deepEqual(FOR_TOOLS.filter(name => name.includes('GPL')), [])
  })

  it('are asked of each package, nested ones too, and more strictly of what is shipped', () => {
    const found = objections({
      '': { license: 'GPL-3.0-only' },
      'node_modules/a': { version: '1.0.0', license: 'MIT' },
      'node_modules/a/node_modules/@s/b': { version: '2.0.0', license: 'AGPL-3.0-only' },
      'node_modules/c': { version: '3.0.0', license: 'BlueOak-1.0.0' },
      'node_modules/d': { version: '4.0.0', license: 'BlueOak-1.0.0', dev: true },
      'node_modules/e': { version: '5.0.0', license: 'GPL-2.0-only', dev: true },
      'node_modules/f': { version: '6.0.0' },
    }, nothing)
    assert.deepEqual(found, [
      { package: '@s/b@2.0.0', licence: 'AGPL-3.0-only', isShipped: true },
      { package: 'c@3.0.0', licence: 'BlueOak-1.0.0', isShipped: true },
      { package: 'e@5.0.0', licence: 'GPL-2.0-only', isShipped: false },
      { package: 'f@6.0.0', licence: 'none', isShipped: true },
    ])
  })

  it('are what the installed package says as well as what the lock file says', () => {
    const one = (installed: object, license?: string) =>
      objections({ 'node_modules/a': { version: '1.0.0', license } }, () => installed).map(({ licence }) => licence)
    assert.deepEqual(one({ license: 'GPL-3.0-only' }, 'MIT'), ['GPL-3.0-only, MIT'])
    assert.deepEqual(one({ license: 'MIT' }, 'GPL-3.0-only'), ['MIT, GPL-3.0-only'])
    assert.deepEqual(one({ license: { type: 'MIT' } }), [])
    assert.deepEqual(one({ licenses: [{ type: 'GPL-2.0-only' }, { type: 'MIT' }] }), [])
    assert.deepEqual(one({ licenses: [{ type: 'GPL-2.0-only' }] }), ['GPL-2.0-only'])
  })
})
