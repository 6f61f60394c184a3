// subscribe: prints the messages of streams as they come, one a line.
import type { Input } from '#cli/input.ts'
import { interruption } from '#cli/interrupt.ts'
import type { Io } from '#cli/io.ts'
import { LineWriter } from '#cli/line-writer.ts'
import { StreamReader } from '#cli/stream-reader.ts'

/** Ends after --count messages, when it is interrupted, or with the code of the first stream that is refused. */
export async function subscribe(input: Input, io: Io): Promise<void> {
  const client = await io.client(), enough = new AbortController(), signal = AbortSignal.any([interruption(), enough.signal])
  const writer = new LineWriter(process.stdout, hasRoom => { for (const reader of readers) reader.pause(!hasRoom) })
  const hasProof = input.flag('proof'), isWhole = hasProof || input.flag('envelope')
  let left = input.number('count') ?? Infinity
  const onMessage = (envelope: string, content: string): void => {
    if (left <= 0) return
    writer.write(isWhole ? envelope : content)
    if (--left === 0) enough.abort()
  }
  const readers = [...new Set(input.list('stream'))].map(streamId => new StreamReader({
    client, streamId, from: input.text('from'), hasProof, onMessage, signal,
    onLive(again) {
      if (again) io.note(`reconnected to ${streamId}`)
      else io.signal({ subscribed: { streamId } }, `subscribed to ${streamId}`)
    },
  }))
  try {
    await Promise.all(readers.map(reader => reader.run()))
  } finally {
    enough.abort()
    writer.flush()
  }
}
