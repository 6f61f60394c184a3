// What a Shelly's messages look like: on a topic of a component its status, in a notification the components that are the device itself.
import type { FieldForm, FieldPath, FieldRoute, Found, Layout, OtherKeys } from '#adapters/layout.ts'
import { COMPONENTS, componentOf, type Component, type Field } from '#adapters/shelly/components.ts'
import type { ShellyTopic } from '#adapters/shelly/topic.ts'

const METHODS = ['NotifyStatus', 'NotifyFullStatus'] as const
/** Components that measure the same of the device itself: of several in one message the last counts, which `decode` knows. */
const METERS = ['switch', 'pm1', 'cover', 'light', 'em']
/** Components of which there is one, without a number. */
const ALONE = ['wifi', 'sys', 'presence']

export function layoutFor({ kind, prefix, component }: ShellyTopic): Found | undefined {
  if (kind === 'notification') return { device: prefix, layout: NOTIFICATION }
  const found = kind === 'status' ? componentOf(prefix, component) : undefined
  return found && { device: found.device, layout: STATUS.get(found.component)! }
}

function fieldsOf({ fields, phases }: Component, within: FieldPath): readonly FieldForm[] {
  const heard: FieldForm = { path: [...within, 'last_updated_ts'], marks: 0, routes: [] }
  return [...fields.map((field, rank) => fieldOf(field, rank, phases, within)), heard]
}

function fieldOf({ path, quantity, unit, phase, words }: Field, rank: number, phases: 3 | undefined, within: FieldPath): FieldForm {
  const route: FieldRoute = { reading: { quantity, unit, phase, rank }, ...phases && { tells: { phases } } }
  return {
    path: [...within, ...path], marks: 0, routes: [route],
    ...words && { words: [{ sent: true, word: words[0] }, { sent: false, word: words[1] }] },
  }
}

function statusOf(component: Component): Layout {
  const fields = fieldsOf(component, [])
  return { fields, objects: [], times: [{ path: ['ts'], number: 'seconds' }], ordered: fields.length }
}

const STATUS: ReadonlyMap<Component, Layout> = new Map(Array.from(COMPONENTS.values(), component => [component, statusOf(component)]))

/** What a component's presence says, whatever it holds. */
function presenceOf(kind: string, { phases }: Component, path: FieldPath): FieldForm {
  const meter = METERS.indexOf(kind)
  return { path, marks: meter < 0 ? 0 : 1 << meter, isMark: true, routes: [{ reading: undefined, ...phases && { tells: { phases } } }] }
}

function notification(): Layout {
  const own = [...COMPONENTS].filter(([, { isDevice }]) => isDevice), method: FieldForm = {
    path: ['method'], marks: 0, isRequired: true, words: METHODS.map(sent => ({ sent, word: '' })), routes: [{ reading: undefined }],
  }
  const components = own.flatMap(([kind, component]) => {
    const path = ['params', ALONE.includes(kind) ? kind : `${kind}:0`]
    return [presenceOf(kind, component, path), ...fieldsOf(component, path)]
  })
  const others = Array.from(COMPONENTS.keys(), (kind): OtherKeys => ({ startsWith: kind.slice(0, 8) }))
  const apart = METERS.flatMap((_, a) => METERS.slice(a + 1).map((_, b) => 1 << a | 1 << (a + 1 + b)))
  return { fields: [method, ...components], objects: [{ path: ['params'], others }], times: [{ path: ['params', 'ts'], number: 'seconds' }], apart }
}

const NOTIFICATION: Layout = notification()
