// For machines that watch over this one, and for whoever writes a client.
import { document } from '#gateway/api/document.ts'
import type { Call } from '#gateway/api/handler.ts'

export function live() {
  return { status: 'ok', reasons: [] }
}

export function ready({ services, reply }: Call) {
  const { ready: isReady, reasons } = services.readiness()
  return reply.status(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'unavailable', reasons })
}

/** Prometheus text exposition format 0.0.4. */
export async function metrics({ services, reply }: Call) {
  return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await services.metrics())
}

/** RFC 7517 §5. */
export function keySet({ services }: Call) { return { keys: services.publicKeys } }

export function description() { return document }
