// The transparency log: heads and proofs for everybody, and to each party what the entries about them hide.
import type { Call } from '#gateway/api/handler.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { TransparencyLog } from '#gateway/transparency/transparency-log.ts'

/** Entries in one answer: with the longest payloads some megabytes. */
const ENTRIES_MAX = 256

interface InclusionParameters { readonly index?: number, readonly leaf?: string, readonly size?: number }
interface ConsistencyParameters { readonly first: number, readonly second?: number }
interface EntriesParameters { readonly from?: number, readonly count?: number }

export function transparencyHead({ services }: Call) { return services.transparency.head() }

export function transparencyInclusion({ services: { transparency }, parameters }: Call<undefined, InclusionParameters>) {
  const index = indexOf(transparency, parameters), size = parameters.size ?? transparency.head().size
  const { leaf, path } = transparency.inclusion(index, size)
  return { index, size, root: transparency.rootAt(size), leaf, path }
}

function indexOf(transparency: TransparencyLog, { index, leaf }: InclusionParameters): number {
  if ((index === undefined) === (leaf === undefined)) throw new GatewayError('BAD_REQUEST', 'Of which entry? Give its index, or the hash of its leaf.')
  const found = index ?? transparency.indexOf(Buffer.from(leaf!, 'base64'))
  if (found === undefined) throw notFound('entry')
  return found
}

export function transparencyConsistency({ services: { transparency }, parameters }: Call<undefined, ConsistencyParameters>) {
  const { first, second = transparency.head().size } = parameters, path = transparency.consistency(first, second)
  return { first: { size: first, root: transparency.rootAt(first) }, second: { size: second, root: transparency.rootAt(second) }, path }
}

export function transparencyEntries({ services: { transparency }, party, parameters }: Call<undefined, EntriesParameters>) {
  const { from = 0, count = ENTRIES_MAX } = parameters
  return { size: transparency.size, entries: transparency.entries(from, count, party.id) }
}
