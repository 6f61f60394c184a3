// Ctrl-C, and being asked to stop, as a signal that a command can wait for.

let signal: AbortSignal | undefined

/** Aborted by SIGINT or SIGTERM. A second one ends the process at once. */
export function interruption(): AbortSignal {
  if (signal) return signal
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  return signal = controller.signal
}
