// The port between the history and the database that holds it.
import type { Point } from '#gateway/history/point.ts'

/** What went wrong: nobody answers, the credentials are refused, or some points are such as the database does not take. */
export type StoreFault = 'unreachable' | 'refused' | 'unfit'

export class StoreError extends Error {
  readonly fault: StoreFault
  /** Of `unfit`: how many points of the batch were left out; the others are kept. */
  readonly count: number
  constructor(fault: StoreFault, message: string, { count = 0, cause }: { count?: number, cause?: unknown } = {}) {
    super(message, { cause })
    this.name = 'StoreError'
    this.fault = fault
    this.count = count
  }
}

/** Each promise rejects with a StoreError. */
export interface Store {
  /** Keeps points for so many hours. When it resolves they are on disk over there. The same points again change nothing. */
  write(points: readonly Point[], hours: number): Promise<void>
  /** Cuts a write that is under way: what of it has not reached the socket never will. */
  cut(): void
  /** Forgets what is kept of a consent. */
  erase(consentId: string): Promise<void>
  close(): void
}
