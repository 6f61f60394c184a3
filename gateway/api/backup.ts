// A backup of the running gateway, as a download.
import type { Call } from '#gateway/api/handler.ts'

/** A tar archive (gateway/backup/README.md); one that breaks off is refused by whoever restores it. */
export function backup({ services, reply }: Call) {
  return reply.type('application/x-tar').send(services.backups.take())
}
