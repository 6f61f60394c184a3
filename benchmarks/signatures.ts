// What W5 is held against: a signature for each message, as a Streamr publisher makes it (secp256k1), by the native code that Node has.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { Result } from '#benchmarks/measure.ts'
import { VERIFIABLE } from '#benchmarks/workloads/verifiable.ts'

/** What a proof costs more than a message without, and how many times that a signature of its own costs. CPU-microseconds. */
export interface ProofCost { readonly added: number, readonly secp256k1: number, readonly ratio: number }

const MESSAGE_BYTES = 500, SIGNATURES = 200, ROUNDS = 5

/** By scenario; of none where nothing verifiable was measured. */
export function proofCosts(results: readonly Result[]): Readonly<Record<string, ProofCost>> {
  const costs: Record<string, ProofCost> = {}
  for (const { scenario, pipeline, cpu } of results) {
    const plain = results.find(result => result.scenario === scenario && result.pipeline === 'sluice')
    if (pipeline !== VERIFIABLE || !plain) continue
    const added = rounded(cpu.median - plain.cpu.median), secp256k1 = rounded(signatureMicroseconds())
    costs[scenario] = { added, secp256k1, ratio: rounded(secp256k1 / added) }
  }
  return costs
}

/** The median of some rounds, as everything else. */
function signatureMicroseconds(): number {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }), message = randomBytes(MESSAGE_BYTES)
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage()
    for (let n = 0; n < SIGNATURES; n++) sign('sha256', message, privateKey)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / SIGNATURES
  })
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1]!
}

function rounded(figure: number): number { return Number(figure.toPrecision(4)) }
