// Previews: the next few readings of a stream that somebody asked for, in memory, so that its owner sees what would leave. They are taken as
// its owner sees them live; as soon as there are enough nobody looks any more, and the data path is as it was.
import type { Stream } from '#gateway/devices/streams.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Party } from '#gateway/parties/parties.ts'
import type { Network, Subscription } from '#gateway/publish/network.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import type { View } from '#gateway/publish/view.ts'
import type { Model } from '#semantic-models/model.ts'

export const READINGS_PER_PREVIEW = 3
/** At one time; the oldest goes for a newer one. */
export const PREVIEWS_MAX = 1_000
/** Whoever looks at older readings than these has newer ones taken. */
export const FRESH_MS = 3_600_000

export type Entity = Readonly<Record<string, unknown>>

export interface PreviewsOptions {
  readonly network: Pick<Network, 'open'>
  readonly clock: Clock
}

interface Preview {
  readonly readings: Entity[]
  takenAt: number
  /** Open while readings are taken. */
  watch: Subscription | undefined
  /** Readings that are still to be taken. */
  left: number
}

export class Previews {
  readonly #options: PreviewsOptions
  readonly #byStream = new Map<number, Preview>()

  constructor(options: PreviewsOptions) { this.#options = options }

  /** Takes the next readings of a stream, as its owner has them. */
  watch(stream: Stream, owner: Party): void {
    const known = this.#byStream.get(stream.number), preview: Preview = { readings: known?.readings ?? [], takenAt: known?.takenAt ?? 0, watch: undefined, left: READINGS_PER_PREVIEW }
    if (known?.watch) return
    this.forget(stream)
    if (this.#byStream.size >= PREVIEWS_MAX) this.#drop(this.#byStream.keys().next().value!)
    this.#byStream.set(stream.number, preview)
    preview.watch = this.#options.network.open(owner, stream.id, undefined, () => new PreviewSink(text => this.#take(preview, text)))
  }

  /** What a recipient of these attributes would have got, oldest first; takes newer ones where these are old. */
  of(stream: Stream, owner: Party, attributes: readonly string[]): readonly Entity[] {
    const known = this.#byStream.get(stream.number)
    if (!known || this.#options.clock.now() - known.takenAt >= FRESH_MS) this.watch(stream, owner)
    return (this.#byStream.get(stream.number)?.readings ?? []).map(entity => seenBy(entity, stream.model, attributes))
  }

  /** Nobody waits for an answer any more. */
  forget({ number }: Stream): void { this.#drop(number) }

  #drop(number: number): void {
    this.#byStream.get(number)?.watch?.close()
    this.#byStream.delete(number)
  }

  #take(preview: Preview, text: string): void {
    if (preview.left === 0) return
    if (preview.readings.push(JSON.parse(text) as Entity) > READINGS_PER_PREVIEW) preview.readings.shift()
    preview.takenAt = this.#options.clock.now()
    if (--preview.left > 0) return
    preview.watch?.close()
    preview.watch = undefined
  }
}

/** An entity without the attributes that are not among these. */
export function seenBy(entity: Entity, model: Model, attributes: readonly string[]): Entity {
  return Object.fromEntries(Object.entries(entity).filter(([name]) => !model.attributes.includes(name) || attributes.includes(name)))
}

/** Takes everything, at once. */
class PreviewSink implements Sink {
  onDrain = (): void => {}
  readonly isEmpty = true
  readonly #take: (text: string) => void

  constructor(take: (text: string) => void) { this.#take = take }

  send(views: readonly View[]): boolean {
    for (const { text } of views) this.#take(text)
    return true
  }

  end(): void { /* The stream is gone; what was taken is still what it was. */ }
  cut(): void { /* Nothing waits here. */ }
}
