// Where no grant lets a stream out as it is: what of a message is kept, no more exact than the weakest of them allows.
import type { Plan } from '#gateway/decision/plans.ts'
import type { RefusalCode } from '#gateway/errors.ts'
import type { Channel } from '#gateway/publish/channel.ts'
import type { Transform } from '#gateway/transforms/transform.ts'
import type { Packed } from '#semantic-models/packed.ts'

/** Or why nothing is: it is not a message's turn, or no grant is made for what it says. */
export function keptOf(kept: Transform, { sold }: Plan, channel: Channel, receivedAt: number, content: Packed): Packed | RefusalCode {
  const timestamp = channel.timeOf(receivedAt)
  if (!kept.isFirst(channel.sampledAt, timestamp)) return 'RATE_LIMITED'
  const coarser = kept.of(content)
  if ((coarser.mask & sold) === 0) return 'NO_CONSENT'
  channel.sampledAt = timestamp
  return coarser
}
