import assert from 'node:assert/strict'
import { markdownOf, processingRecord, type RecordOptions } from '#gateway/rights/processing-record.ts'
import { PURPOSE, Rooms } from '#test/support/rooms.ts'

const CONFIG: RecordOptions['config'] = { retentionDays: 7, retentionBytes: 1 << 30, host: '127.0.0.1', bridgeHosts: [] }
const CONTROLLER = {
  name: 'City of Ghent', address: 'Botermarkt 1, Ghent', contact: 'privacy@example.org', country: 'BE', jurisdiction: 'BE', storageCountry: 'DE', authority: 'GBA', authorityAddress: 'Brussels', authorityContact: 'https://gba.example',
  joint: ['Energy Cooperative | Coupure 2, Ghent | privacy@coop.example | BE'],
}

describe('The record of processing', () => {
  it('says who answers for it and where recipients are, as far as that was stated, and no prohibition is an activity', async () => {
    const rooms = await Rooms.open(), { stream } = await rooms.scene()
    rooms.grant(stream)
    rooms.grant(stream, { kind: 'prohibition', purposes: ['dpv:Marketing'] })
    rooms.parties.setCountry(rooms.party('subscriber').id, 'FR')
    rooms.party('subscriber')
    const bare = processingRecord({ ...rooms, config: CONFIG }, rooms.clock.now()), record = processingRecord({ ...rooms, config: { ...CONFIG, controller: CONTROLLER } }, rooms.clock.now())
    assert.deepEqual(record.activities.map(({ purpose }) => purpose), [PURPOSE.replace('dpv:', 'https://w3id.org/dpv#')])
    assert.deepEqual(record.recipients.countries, ['FR', 'not stated'])
    assert.deepEqual([record.controller?.controller.name, record.controller?.storageCountry, bare.controller], ['City of Ghent', 'DE', undefined])
    assert.ok(bare.missing[0]!.startsWith('name and contact of the controller') && !record.missing.some(item => item.startsWith('name and contact')))
    assert.match(markdownOf(record), /## Controller\n\n- City of Ghent, Botermarkt 1, Ghent, BE; privacy@example.org\n- together with Energy Cooperative, Coupure 2, Ghent, BE; privacy@coop.example\n/)
    assert.ok(!markdownOf(bare).includes('## Controller'))
    await rooms.close()
  })
})
