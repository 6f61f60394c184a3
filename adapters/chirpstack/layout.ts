// What an uplink of version 4 looks like: the decoded payload, heard at a time that the network tells. What leaves out no zeros is for `decode`.
import type { Layout } from '#adapters/layout.ts'
import type { Family } from '#adapters/lorawan/families.ts'
import { forEachFamily, MARKS_FREE_FROM, modelField, payloadForm } from '#adapters/lorawan/layout.ts'

export const layoutFor = forEachFamily(layoutOf)

function layoutOf(family: Family | undefined): Layout {
  const { fields, objects, apart } = payloadForm(['object'], family, MARKS_FREE_FROM)
  return {
    fields: [...fields, { path: ['deviceInfo'], marks: 0, isMark: true, isRequired: true, routes: [{ reading: undefined }] }, modelField(['deviceInfo', 'deviceProfileName'], family)],
    objects, apart, times: [{ path: ['time'], text: 'instant' }, { path: ['rxInfo', 0, 'nsTime'], text: 'instant' }], signal: { list: ['rxInfo'], snrLeftOut: 0 },
  }
}
