// Streamr's rule for the partition of a key, so that both networks put a device into the same one.
import { createHash } from 'node:crypto'

export const PARTITIONS_MAX = 100

/** abs(first four bytes of MD5(key) as little-endian int32) mod `partitions`. */
export function partitionOf(key: string, partitions: number): number {
  if (partitions === 1) return 0
  return Math.abs(createHash('md5').update(key).digest().readInt32LE(0)) % partitions
}
