// What an uplink looks like: the decoded payload, and what the network has normalized of it, heard at a time that the network tells.
import { forEachFamily, MARKS_FREE_FROM, modelField, payloadForm, wordsOf } from '#adapters/lorawan/layout.ts'
import type { Family } from '#adapters/lorawan/families.ts'
import type { FieldForm, FieldPath, Layout } from '#adapters/layout.ts'
import { NORMALIZED_FIELDS, NORMALIZED_QUANTITIES } from '#adapters/tts/normalized.ts'

const UPLINK = 'uplink_message', NORMALIZED: FieldPath = [UPLINK, 'normalized_payload']
/** The mark of a normalized payload. */
const NORMALIZED_MARK = 1

export const layoutFor = forEachFamily(layoutOf)

function layoutOf(family: Family | undefined): Layout {
  const tells = family?.role && { role: family.role }, never = (path: FieldPath): FieldForm => ({ path, marks: 0, routes: [] })
  const normalized = NORMALIZED_FIELDS.map(({ path, quantity, unit, word }): FieldForm => ({
    path: [...NORMALIZED, 0, ...path], marks: NORMALIZED_MARK, isNeverNull: true, routes: [{ tells, reading: { quantity, unit, rank: 0 } }], ...word && { words: wordsOf(word) },
  }))
  const payload = payloadForm([UPLINK, 'decoded_payload'], family, MARKS_FREE_FROM, { mark: NORMALIZED_MARK, quantities: NORMALIZED_QUANTITIES })
  return {
    // A second measurement is at another depth; the network's locations are news of the device.
    fields: [...normalized, ...payload.fields, never([...NORMALIZED, 0, 'position']), never([...NORMALIZED, 1]), never([UPLINK, 'locations']), modelField([UPLINK, 'version_ids', 'model_id'], family)],
    objects: [...payload.objects, { path: [...NORMALIZED, 0], others: [{ startsWith: '' }] }],
    times: [{ path: [UPLINK, 'received_at'], text: 'instant' }, { path: ['received_at'], text: 'instant' }, { path: [...NORMALIZED, 0, 'time'], text: 'instant', agrees: true }],
    ordered: normalized.length, apart: payload.apart, signal: { list: [UPLINK, 'rx_metadata'] },
  }
}
