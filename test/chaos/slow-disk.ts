// Imported before a gateway starts: its disk takes longer to sync, as an old card in a small computer does. Milliseconds by the environment.
import { setTimeout as delay } from 'node:timers/promises'
import { DiskFile } from '#gateway/journal/disk-storage.ts'

const syncMs = Number(process.env['CHAOS_SYNC_MS'] ?? 0)
// eslint-disable-next-line @typescript-eslint/unbound-method -- called with the file that it belongs to
const { sync } = DiskFile.prototype
DiskFile.prototype.sync = async function (this: DiskFile): Promise<void> {
  await delay(syncMs)
  return sync.call(this)
}
