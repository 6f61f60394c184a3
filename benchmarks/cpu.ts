// CPU time of processes, all their threads, from the kernel's own books.
import { readdirSync, readFileSync } from 'node:fs'

/** Nanoseconds on a CPU since the processes began (first field of /proc/PID/task/TID/schedstat). */
export function cpuNanoseconds(pids: readonly number[]): number {
  let sum = 0
  for (const pid of pids) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      try { sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) } catch { /* a thread that has just ended */ }
    }
  }
  return sum
}
