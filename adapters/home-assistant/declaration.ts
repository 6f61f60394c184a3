// A discovery payload → the entities that it declares, and where the device's availability stands.
import { isRecord, own, type JsonRecord } from '#adapters/json.ts'
import { BINARY_SENSORS, judgeSensor } from '#adapters/home-assistant/classes.ts'
import { written } from '#adapters/home-assistant/keys.ts'
import type { Availability, Entity, Mode } from '#adapters/home-assistant/known.ts'
import { parseTemplate } from '#adapters/home-assistant/template.ts'
import { isPlainTopic, type ConfigTopic } from '#adapters/home-assistant/topic.ts'
import type { Refusal } from '#adapters/reading.ts'

export interface Declaration {
  readonly entities: ReadonlyMap<string, Entity>
  readonly availability: ReadonlyMap<string, Availability>
  readonly mode: Mode | undefined
  readonly refused: readonly Refusal[]
}

const DEVICE_LENGTH_MAX = 128, NAME_LENGTH_MAX = 64
/** What components of a device's declaration do not have in common. */
const OF_ROOT: ReadonlySet<string> = new Set(['components', 'platform', 'name', 'unique_id', 'object_id', '~'])

/** The device by its first identifier, its first connection, or the node of the topic. */
export function deviceOf(payload: JsonRecord, { node }: ConfigTopic): string {
  const device = own(written(payload), 'device')
  if (!isRecord(device)) return node
  const identifiers = own(device, 'identifiers'), connections = own(device, 'connections')
  const first: unknown = Array.isArray(identifiers) ? identifiers[0] : identifiers
  const connection: unknown = Array.isArray(connections) ? connections[0] : undefined
  for (const name of [first, Array.isArray(connection) ? connection[1] as unknown : undefined]) {
    const text = typeof name === 'number' ? String(name) : name
    if (typeof text === 'string' && text !== '' && text.length <= DEVICE_LENGTH_MAX) return text
  }
  return node
}

export function declarationOf(payload: JsonRecord, topic: ConfigTopic): Declaration {
  const root = written(payload), base = own(payload, '~'), components = own(root, 'components')
  const entities = new Map<string, Entity>(), availability = new Map<string, Availability>(), refused: Refusal[] = []
  const declared = isRecord(components) ? componentsOf(root, components, typeof base === 'string' ? base : undefined)
    : [['', { ...root, platform: topic.component }] as const]
  for (const [key, config] of declared) {
    const entity = entityOf(config, nameOf(config, key === '' ? topic.object : key, topic.node))
    if (!entity) continue
    const { refusal } = entity
    if (refusal) refused.push(key === '' ? refusal : { ...refusal, field: `components.${key}.${refusal.field}` })
    entities.set(key === '' ? topic.stem : `${topic.stem}#${key}`, entity.entity)
    for (const [at, each] of availabilityOf(config)) availability.set(at, each)
  }
  const mode = own(declared[0]?.[1] ?? root, 'availability_mode')
  return { entities, availability, mode: mode === 'all' || mode === 'any' || mode === 'latest' ? mode : undefined, refused }
}

function componentsOf(root: JsonRecord, components: JsonRecord, base: string | undefined): (readonly [string, JsonRecord])[] {
  const shared = Object.fromEntries(Object.keys(root).filter(key => !OF_ROOT.has(key)).map(key => [key, root[key]]))
  return Object.keys(components).flatMap(key => {
    const component = components[key]
    return isRecord(component) && key !== '' ? [[key, { ...shared, ...written(component, base) }] as const] : []
  })
}

interface Declared { readonly entity: Entity, readonly refusal?: Refusal }

/** Undefined: nothing of it is measured. */
function entityOf(config: JsonRecord, name: string): Declared | undefined {
  const topic = own(config, 'state_topic'), platform = own(config, 'platform'), template = textIn(config, 'value_template')
  if (typeof topic !== 'string' || !isPlainTopic(topic) || textIn(config, 'entity_category') === 'config') return undefined
  const meaning = platform === 'sensor' ? sensorOf(config, name) : platform === 'binary_sensor' ? binarySensorOf(config) : undefined
  if (meaning === undefined) return undefined
  if (typeof meaning === 'string') return unreadable({ topic, name, problem: 'meaning' }, 'device_class', meaning)
  if (template !== undefined && !parseTemplate(template)) {
    return unreadable({ topic, name, problem: 'template' }, 'value_template', 'Not one of the simple templates that are parsed.')
  }
  return { entity: { topic, name, ...template !== undefined && { template }, ...meaning } }
}

function unreadable(entity: Entity, field: string, detail: string): Declared {
  return { entity, refusal: { code: 'AMBIGUOUS', field, detail } }
}

type Meant = Pick<Entity, 'quantity' | 'unit' | 'on' | 'off'>

function sensorOf(config: JsonRecord, name: string): Meant | string | undefined {
  return judgeSensor({
    deviceClass: textIn(config, 'device_class'), unit: textIn(config, 'unit_of_measurement')?.trim(),
    stateClass: textIn(config, 'state_class'), name: wordsOf(`${textIn(config, 'name') ?? ''} ${name}`),
    isDiagnostic: textIn(config, 'entity_category') === 'diagnostic',
  })
}

function binarySensorOf(config: JsonRecord): Meant | undefined {
  const found = BINARY_SENSORS.get(textIn(config, 'device_class') ?? '')
  return found && { quantity: found[0], on: payloadIn(config, 'payload_on', 'ON'), off: payloadIn(config, 'payload_off', 'OFF') }
}

/** One topic, or a list of them. */
function availabilityOf(config: JsonRecord): (readonly [topic: string, Availability])[] {
  const list = own(config, 'availability'), single = own(config, 'availability_topic')
  const entries: readonly unknown[] = Array.isArray(list) ? list : isRecord(list) ? [list] : []
  const all = single === undefined ? entries
    : [{ ...config, topic: single, value_template: own(config, 'availability_template') }, ...entries]
  return all.filter(isRecord).flatMap(each => {
    const topic = own(each, 'topic'), template = textIn(each, 'value_template')
    if (typeof topic !== 'string' || !isPlainTopic(topic) || template !== undefined && !parseTemplate(template)) return []
    const on = payloadIn(each, 'payload_available', 'online'), off = payloadIn(each, 'payload_not_available', 'offline')
    return [[topic, { on, off, ...template !== undefined && { template } }] as const]
  })
}

/** The entity's name inside its device: without the device's own in front. */
function nameOf(config: JsonRecord, object: string, node: string): string {
  const id = textIn(config, 'object_id') ?? object
  const bare = id.startsWith(node) && id.length > node.length ? id.slice(node.length).replace(/^[-_ ]+/, '') : id
  return (bare === '' ? object : bare).slice(0, NAME_LENGTH_MAX)
}

function wordsOf(text: string): string {
  return text.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase().replace(/[^a-z0-9]+/g, ' ')
}

function textIn(record: JsonRecord, key: string): string | undefined {
  const value = own(record, key)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Home Assistant writes a payload that is no text as Python would. */
export function pythonText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'number' ? String(value) : undefined
}

function payloadIn(record: JsonRecord, key: string, otherwise: string): string {
  return pythonText(own(record, key)) ?? otherwise
}
