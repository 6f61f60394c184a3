// An entity while its attributes come together.
import type { Phase } from '#adapters/reading.ts'
import type { Entity, Part } from '#semantic-models/entity.ts'
import type { Target } from '#semantic-models/target.ts'
import type { Template } from '#semantic-models/template.ts'
import { END, fixed, headText, instant, timeText } from '#semantic-models/text.ts'

interface PhaseValues { readonly open: string, readonly close: string, readonly values: Partial<Record<Phase, number>> }

const PHASES: readonly Phase[] = ['L1', 'L2', 'L3', 'N']

export class Draft {
  readonly template: Template
  readonly variant: string
  readonly #observedAt: number
  /** By the index of the attribute in its model. */
  readonly #parts: (Part | undefined)[]
  #phases: Map<number, PhaseValues> | undefined
  #periodMs: number | undefined

  constructor(template: Template, variant: string, observedAt: number) {
    this.template = template
    this.variant = variant
    this.#observedAt = observedAt
    this.#parts = template.parts.slice()
  }

  /** Sets a measured attribute to JSON text. A later reading of one attribute replaces an earlier one. */
  set(index: number, open: string, value: string, close: string): void {
    this.#put(index, open + value + close + timeText(this.#observedAt) + END)
  }

  has(index: number): boolean { return this.#parts[index] !== undefined }

  /** Sets a measured attribute in one phase. */
  setPhase({ index, open }: Target, phase: Phase, value: number, close: string): void {
    this.#phases ??= new Map<number, PhaseValues>()
    const known = this.#phases.get(index)
    if (known) known.values[phase] = value
    else this.#phases.set(index, { open, close, values: { [phase]: value } })
  }

  /** Sets what does not change with the measurement, where the model has it. */
  setStatic(name: string, value: string): void {
    this.#put(this.template.model.attributes.indexOf(name), fixed(name, JSON.stringify(value)))
  }

  /** The longest period of the readings is the entity's: it covers them all. */
  setPeriod(periodMs: number): void {
    if (this.#observedAt - periodMs >= 0 && !(periodMs < (this.#periodMs ?? 0))) this.#periodMs = periodMs
  }

  finish(): Entity {
    const { model, head } = this.template, time = timeText(this.#observedAt)
    for (const [index, { open, close, values }] of this.#phases ?? NO_PHASES) this.#put(index, open + phasesText(values) + close + time + END)
    if (model.period !== undefined) this.#finishPeriod(model.period === 'always' ? this.#periodMs ?? 0 : this.#periodMs, time)
    const parts: Part[] = []
    let mask = 0
    for (const part of this.#parts) {
      if (part === undefined) continue
      parts.push(part)
      mask |= part.bit
    }
    return { model, head: headText(model, head, time), parts, mask }
  }

  #finishPeriod(periodMs: number | undefined, time: string): void {
    if (periodMs === undefined) return
    for (const { attribute, from } of this.template.model.static) {
      if (from === 'periodEnd') this.#put(this.template.model.attributes.indexOf(attribute), instant(attribute, time))
      else if (from === 'periodStart') this.#put(this.template.model.attributes.indexOf(attribute), instant(attribute, new Date(this.#observedAt - periodMs).toISOString()))
    }
  }

  #put(index: number, text: string): void { this.#parts[index] = { bit: 2 ** index, text } }
}

const NO_PHASES: ReadonlyMap<number, PhaseValues> = new Map()

/** In the order L1, L2, L3, N. */
function phasesText(values: PhaseValues['values']): string {
  let text = ''
  for (const phase of PHASES) if (values[phase] !== undefined) text += `${text === '' ? '{' : ','}"${phase}":${values[phase]}`
  return `${text}}`
}
