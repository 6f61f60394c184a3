// What changes a decision without any consent or agreement being changed: who is in which group, and where; whom a source tells about; what is
// special. Only the streams that it can matter to are looked at again.
import type { Consents } from '#gateway/consent/consents.ts'
import type { Devices } from '#gateway/devices/devices.ts'
import type { Streams } from '#gateway/devices/streams.ts'
import type { Subjects } from '#gateway/devices/subjects.ts'
import type { Agreements } from '#gateway/market/agreements.ts'
import type { Groups } from '#gateway/parties/groups.ts'
import type { Parties } from '#gateway/parties/parties.ts'

export interface Followed {
  readonly parties: Parties
  readonly groups: Groups
  readonly subjects: Subjects
  readonly devices: Devices
  readonly streams: Streams
  readonly consents: Consents
  readonly agreements: Agreements
  /** To be told of each stream of which something is to be decided anew. When it returns, that is in effect. */
  readonly onChange: (streamId: string) => void
}

export function followChanges({ parties, groups, subjects, devices, streams, consents, agreements, onChange }: Followed): void {
  const tell = (streamIds: Iterable<string>): void => { for (const streamId of new Set(streamIds)) onChange(streamId) }
  /** Whoever has no agreement receives nothing: who they are, and where, matters to no stream. */
  const reviewParty = (partyId: string): void => tell(agreements.list(partyId).filter(({ endedAt }) => endedAt === undefined).map(({ offer }) => offer.streamId))
  parties.onMoved = reviewParty
  groups.onMember = reviewParty
  groups.onRemoved = groupId => tell(consents.to(groupId).map(({ streamId }) => streamId))
  subjects.onChange = sourceId => tell(devices.ofSource(sourceId).flatMap(({ id }) => streams.ofDevice(id)).map(({ id }) => id))
  devices.onSet = ({ id }) => tell(streams.ofDevice(id).map(stream => stream.id))
}
