// Previews: the next few readings of a stream that somebody asked for, in memory, so that its owner sees what would leave. They are taken as
// its owner sees them live; as soon as there are enough nobody looks any more, and the data path is as it was.
import type { Stream } from '#gateway/devices/streams.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Party } from '#gateway/parties/parties.ts'
import type { Network, Subscription } from '#gateway/publish/network.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import type { View } from '#gateway/publish/view.ts'
import type { Spec } from '#gateway/transforms/spec.ts'
import type { Transforms } from '#gateway/transforms/transforms.ts'
import { unpack, type Packed } from '#semantic-models/packed.ts'

export const READINGS_PER_PREVIEW = 3
/** At one time; the oldest goes for a newer one. */
export const PREVIEWS_MAX = 1_000
/** Whoever looks at older readings than these has newer ones taken. */
export const FRESH_MS = 3_600_000

export type Entity = Readonly<Record<string, unknown>>

export interface PreviewsOptions {
  readonly network: Pick<Network, 'open'>
  readonly clock: Clock
  readonly transforms: Transforms
}

/** How exact, and for whom: a pseudonym is another for each. */
export interface Form { readonly spec: Spec, readonly recipientId: string }

interface Reading { readonly content: Packed, readonly timestamp: number }

interface Preview {
  readonly readings: Reading[]
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
    preview.watch = this.#options.network.open(owner, stream.id, undefined, () => new PreviewSink(view => this.#take(preview, view)))
  }

  /** What a recipient of these attributes would have got in this form, oldest first; takes newer ones where these are old. */
  of(stream: Stream, owner: Party, attributes: readonly string[], form?: Form): readonly Entity[] {
    const known = this.#byStream.get(stream.number)
    if (!known || this.#options.clock.now() - known.takenAt >= FRESH_MS) this.watch(stream, owner)
    return this.#seen(this.#byStream.get(stream.number)?.readings ?? [], stream, attributes, form)
  }

  /** Nobody waits for an answer any more. */
  forget({ number }: Stream): void { this.#drop(number) }

  /** As a view would be made of each, and with none between those that a sample takes. */
  #seen(readings: readonly Reading[], { model, ownerId }: Stream, attributes: readonly string[], form: Form | undefined): readonly Entity[] {
    const transform = form && this.#options.transforms.of(form.spec, ownerId, form.recipientId), mask = model.maskOf(attributes)
    let before = -Infinity
    return readings.flatMap(({ content, timestamp }) => {
      if (transform?.isFirst(before, timestamp) === false) return []
      before = timestamp
      const seen = transform ? transform.of(content) : content
      return (seen.mask & mask) === 0 ? [] : [JSON.parse(seen.text(mask)) as Entity]
    })
  }

  #drop(number: number): void {
    this.#byStream.get(number)?.watch?.close()
    this.#byStream.delete(number)
  }

  /** A copy: the memory that it comes in is used again. */
  #take(preview: Preview, { message: { content: { bytes, from, to }, timestamp } }: View): void {
    if (preview.left === 0) return
    if (preview.readings.push({ content: unpack(Buffer.from(bytes.subarray(from, to))), timestamp }) > READINGS_PER_PREVIEW) preview.readings.shift()
    preview.takenAt = this.#options.clock.now()
    if (--preview.left > 0) return
    preview.watch?.close()
    preview.watch = undefined
  }
}

/** Takes everything, at once. */
class PreviewSink implements Sink {
  onDrain = (): void => {}
  readonly isEmpty = true
  readonly #take: (view: View) => void

  constructor(take: (view: View) => void) { this.#take = take }

  send(views: readonly View[]): boolean {
    for (const view of views) this.#take(view)
    return true
  }

  end(): void { /* The stream is gone; what was taken is still what it was. */ }
  cut(): void { /* Nothing waits here. */ }
}
