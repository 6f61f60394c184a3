// All faults, in the order in which they are tried: those of the storage by itself, then those of a gateway.
import { ackOrder } from '#test/chaos/ack-order.ts'
import { clock } from '#test/chaos/clock.ts'
import { corruption } from '#test/chaos/corruption.ts'
import { diskFull } from '#test/chaos/disk-full.ts'
import type { Fault } from '#test/chaos/fault.ts'
import { ioError } from '#test/chaos/io-error.ts'
import { kill } from '#test/chaos/kill.ts'
import { neighbours } from '#test/chaos/neighbours.ts'
import { overload } from '#test/chaos/overload.ts'
import { powerCut } from '#test/chaos/power-cut.ts'
import { start } from '#test/chaos/start.ts'
import { stop } from '#test/chaos/stop.ts'
import { withdrawal } from '#test/chaos/withdrawal.ts'
import { withdrawalKill } from '#test/chaos/withdrawal-kill.ts'

export const FAULTS: readonly Fault[] = [ioError, powerCut, corruption, clock, kill, stop, start, diskFull, ackOrder, neighbours, overload, withdrawal, withdrawalKill]
