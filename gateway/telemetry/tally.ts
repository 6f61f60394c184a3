// The books of the data path: every envelope is received once and settled once.
import type { Dialect } from '#adapters/adapter.ts'
import { REFUSAL_CODES, type RefusalCode } from '#gateway/errors.ts'

export interface TallyCounts {
  readonly received: number
  readonly delivered: number
  readonly dropped: Partial<Record<RefusalCode, number>>
  readonly failed: number
  readonly inFlight: number
  readonly deliveries: number
}

/** received = delivered + dropped + failed + in flight, at every moment. */
export class Tally {
  received = 0
  delivered = 0
  failed = 0
  /** Hand-overs to subscribers: several for one envelope, or none while all are away. */
  deliveries = 0
  /** Fields that were refused while the rest of their message went on. */
  readonly fields: Record<RefusalCode, number> = zeros()
  readonly dropped: Record<RefusalCode, number> = zeros()
  /** Messages by dialect: those that the kernel took, and those that were decoded by the long road. */
  readonly shortRoad: Partial<Record<Dialect, number>> = {}
  readonly longRoad: Partial<Record<Dialect, number>> = {}

  drop(code: RefusalCode): void {
    this.received++
    this.dropped[code]++
  }

  get droppedCount(): number { return Object.values(this.dropped).reduce((sum, count) => sum + count, 0) }
  get inFlight(): number { return this.received - this.delivered - this.droppedCount - this.failed }

  counts(): TallyCounts {
    const dropped = Object.fromEntries(Object.entries(this.dropped).filter(([, count]) => count > 0)) as TallyCounts['dropped']
    return { received: this.received, delivered: this.delivered, dropped, failed: this.failed, inFlight: this.inFlight, deliveries: this.deliveries }
  }
}

/** What happened at the front door, by reason. The reasons are a closed list (gateway/mqtt/close-reason.ts). */
export class DoorCounts {
  connected = 0
  /** Deliveries inside a source, and values to be retained there, for which there was no room. */
  leftOut = 0
  /** Milliseconds in which sources were not read because they were faster than they may be, over all sources. */
  heldMs = 0
  readonly refused: Record<string, number> = {}
  readonly closed: Record<string, number> = {}

  refuse(reason: string): void { this.refused[reason] = (this.refused[reason] ?? 0) + 1 }
  close(reason: string): void { this.closed[reason] = (this.closed[reason] ?? 0) + 1 }
}

function zeros(): Record<RefusalCode, number> {
  return Object.fromEntries(REFUSAL_CODES.map(code => [code, 0])) as Record<RefusalCode, number>
}
