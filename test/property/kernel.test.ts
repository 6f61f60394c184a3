// The kernel against the road that is the truth, in the seconds that `npm test` has. test/more has a million messages.
import { kernelSuite } from '#test/support/kernel-suite.ts'

describe('The kernel beside decode and map', function () {
  this.timeout(60_000)
  kernelSuite({ rounds: 8, corpora: 1, secondsMax: 20 })
})
