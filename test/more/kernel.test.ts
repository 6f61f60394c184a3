// The kernel against the road that is the truth: a million messages and mutations, or as many as three minutes allow.
import { kernelSuite } from '#test/support/kernel-suite.ts'

describe('The kernel beside decode and map, a million times', function () {
  this.timeout(600_000)
  kernelSuite({ rounds: 32, corpora: 10, secondsMax: 60 })
})
