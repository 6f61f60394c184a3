// An entity while its attributes come together.
import type { Phase, Reading } from '#adapters/reading.ts'
import type { Part } from '#semantic-models/entity.ts'
import type { Model } from '#semantic-models/model.ts'
import type { DeviceFacts, Observation } from '#semantic-models/observation.ts'
import type { Target } from '#semantic-models/target.ts'
import { fixed, geo, headText, instant, measured, relationship, timeText } from '#semantic-models/text.ts'

export interface DraftOptions {
  readonly model: Model
  readonly quantity: string | undefined
  readonly device: string
  readonly facts: DeviceFacts
  readonly observedAt: number
  readonly timed: boolean
}

interface PhaseValues { readonly code: string, readonly values: Partial<Record<Phase, number>> }

const PHASES: readonly Phase[] = ['L1', 'L2', 'L3', 'N']

export class Draft {
  readonly observedAt: number
  readonly #options: DraftOptions
  readonly #time: string
  /** Texts by attribute; put in order at the end. */
  readonly #texts = new Map<string, string>()
  #phases: Map<string, PhaseValues> | undefined

  constructor(options: DraftOptions) {
    this.#options = options
    this.observedAt = options.observedAt
    this.#time = timeText(options.observedAt)
  }

  isOf(model: Model, quantity: string | undefined, device: string, observedAt: number): boolean {
    const own = this.#options
    return own.model === model && own.quantity === quantity && own.device === device && this.observedAt === observedAt
  }

  /** Sets a measured attribute to JSON text. What is one value for all phases is taken from the first. */
  set({ attribute }: Target, value: string, code: string | undefined, wins: boolean): void {
    if (wins || !this.#texts.has(attribute)) this.#texts.set(attribute, measured(attribute, value, code, this.#time))
  }

  setPhase({ attribute }: Target, phase: Phase, value: number, code: string): void {
    this.#phases ??= new Map<string, PhaseValues>()
    const known = this.#phases.get(attribute)
    if (known) known.values[phase] = value
    else this.#phases.set(attribute, { code, values: { [phase]: value } })
  }

  /** The one measured value of a DeviceMeasurement, and what it is. */
  measure(value: number | string, code: string | undefined): void {
    const name = typeof value === 'number' ? 'numValue' : 'textValue'
    this.#texts.set(name, measured(name, JSON.stringify(value), code, this.#time))
    this.#texts.set('controlledProperty', fixed('controlledProperty', JSON.stringify(this.#options.quantity)))
    if (code !== undefined) this.#texts.set('unit', fixed('unit', JSON.stringify(code)))
  }

  /** What the rule says besides the value: fixed properties, and the period. */
  describe(target: Target, { periodMs }: Reading): void {
    for (const [name, value] of Object.entries(target.static ?? NONE)) this.#texts.set(name, fixed(name, JSON.stringify(value)))
    if (target.period === 'always' || (target.period === 'known' && periodMs !== undefined)) {
      const known = periodMs ?? 0
      if (known === 0 && this.#texts.has('dateObservedFrom')) return // another reading of this instant knew its period
      this.#texts.set('dateObservedFrom', instant('dateObservedFrom', timeText(this.observedAt - known)))
      this.#texts.set('dateObservedTo', instant('dateObservedTo', this.#time))
    }
  }

  finish(): Observation {
    const { model, quantity, device, facts, timed } = this.#options
    for (const [attribute, { code, values }] of this.#phases ?? []) this.#texts.set(attribute, measured(attribute, phasesText(values), code, this.#time))
    this.#setFacts(model, facts)
    const parts: Part[] = []
    let mask = 0
    for (let index = 0; index < model.attributes.length; index++) {
      const text = this.#texts.get(model.attributes[index]!)
      if (text === undefined) continue
      parts.push({ bit: 2 ** index, text })
      mask |= 2 ** index
    }
    const head = headText(model, quantity === undefined ? facts.id : `${facts.id}:${quantity}`, this.#time)
    return { device, model, quantity, observedAt: this.observedAt, timed, entity: { model, head, parts, mask } }
  }

  /** What the model wants to know of the device. */
  #setFacts(model: Model, facts: DeviceFacts): void {
    if (facts.location) this.#texts.set('location', geo(facts.location))
    if (model.refDevice !== 'none') this.#texts.set('refDevice', relationship('refDevice', `urn:ngsi-ld:Device:${facts.id}`))
    if (model.type === 'AirQualityObserved') this.#texts.set('typeofLocation', fixed('typeofLocation', `"${facts.placement}"`))
    if (model.type !== 'ParkingSpot') return
    if (facts.category) this.#texts.set('category', fixed('category', JSON.stringify(facts.category)))
    if (facts.refParkingSite) this.#texts.set('refParkingSite', relationship('refParkingSite', facts.refParkingSite))
  }
}

const NONE: Readonly<Record<string, string>> = {}

/** In the order L1, L2, L3, N. */
function phasesText(values: PhaseValues['values']): string {
  const members = PHASES.filter(phase => values[phase] !== undefined).map(phase => `"${phase}":${values[phase]!}`)
  return `{${members.join(',')}}`
}
