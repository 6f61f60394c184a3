// All faults, in the order in which they are tried.
import { corruption } from '#test/chaos/corruption.ts'
import { diskFull } from '#test/chaos/disk-full.ts'
import type { Fault } from '#test/chaos/fault.ts'
import { ioError } from '#test/chaos/io-error.ts'
import { kill } from '#test/chaos/kill.ts'
import { powerCut } from '#test/chaos/power-cut.ts'
import { stop } from '#test/chaos/stop.ts'

export const FAULTS: readonly Fault[] = [ioError, powerCut, corruption, kill, stop, diskFull]
