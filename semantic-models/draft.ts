// An entity while its attributes come together.
import type { Phase } from '#adapters/reading.ts'
import type { Entity, Part } from '#semantic-models/entity.ts'
import type { Target } from '#semantic-models/target.ts'
import type { Template } from '#semantic-models/template.ts'
import { END, fixed, headText, instant, timeText } from '#semantic-models/text.ts'

/** The phases of one attribute, in the order in which they are emitted. */
interface PhaseValues { readonly open: string, readonly close: string, L1?: number, L2?: number, L3?: number, N?: number }

export class Draft {
  readonly template: Template
  readonly variant: string
  readonly #observedAt: number
  /** By the index of the attribute in its model. */
  readonly #parts: (Part | undefined)[]
  #phases: Map<number, PhaseValues> | undefined
  #periodMs: number | undefined
  /** The attributes that are as the device says. */
  #stated = 0

  constructor(template: Template, variant: string, observedAt: number) {
    this.template = template
    this.variant = variant
    this.#observedAt = observedAt
    this.#parts = template.parts.slice()
  }

  /** Sets a measured attribute to JSON text. A later reading replaces an earlier one; what is computed does not replace what the device says. */
  set(index: number, open: string, value: string, close: string, isComputed = false): void {
    if (!isComputed) this.#stated |= 2 ** index
    else if ((this.#stated & 2 ** index) !== 0) return
    this.#put(index, open + value + close + timeText(this.#observedAt) + END)
  }

  /** Sets a measured attribute in one phase. */
  setPhase({ index, open }: Target, phase: Phase, value: number, close: string): void {
    this.#phases ??= new Map<number, PhaseValues>()
    let values = this.#phases.get(index)
    if (values === undefined) this.#phases.set(index, values = { open, close, L1: undefined, L2: undefined, L3: undefined, N: undefined })
    values[phase] = value
  }

  /** Sets what does not change with the measurement, where the model has it. */
  setStatic(name: string, value: string): void {
    this.#put(this.template.model.attributes.indexOf(name), fixed(name, JSON.stringify(value)))
  }

  /** The longest period of the readings is the entity's: it covers them all. */
  setPeriod(periodMs: number): void {
    const whole = Math.ceil(periodMs)
    if (whole >= (this.#periodMs ?? 0) && whole <= this.#observedAt) this.#periodMs = whole
  }

  finish(): Entity {
    const { model, head } = this.template, time = timeText(this.#observedAt)
    for (const [index, values] of this.#phases ?? NO_PHASES) {
      this.#put(index, `${values.open}{${phasesText(values)}}${values.close}${time}${END}`)
    }
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
    const { model } = this.template, start = timeText(this.#observedAt - periodMs)
    for (const { attribute, from } of model.static) {
      if (from === 'periodEnd') this.#put(model.attributes.indexOf(attribute), instant(attribute, time))
      else if (from === 'periodStart') this.#put(model.attributes.indexOf(attribute), instant(attribute, start))
    }
  }

  #put(index: number, text: string): void { this.#parts[index] = { bit: 2 ** index, text } }
}

const NO_PHASES: ReadonlyMap<number, PhaseValues> = new Map()

function phasesText({ L1, L2, L3, N }: PhaseValues): string {
  let text = ''
  if (L1 !== undefined) text = `"L1":${L1}`
  if (L2 !== undefined) text += `${text && ','}"L2":${L2}`
  if (L3 !== undefined) text += `${text && ','}"L3":${L3}`
  return N === undefined ? text : `${text}${text && ','}"N":${N}`
}
