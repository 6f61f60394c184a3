// All faults, in the order in which they are tried.
import { corruption } from '#test/chaos/corruption.ts'
import type { Fault } from '#test/chaos/fault.ts'
import { ioError } from '#test/chaos/io-error.ts'
import { powerCut } from '#test/chaos/power-cut.ts'

export const FAULTS: readonly Fault[] = [ioError, powerCut, corruption]
