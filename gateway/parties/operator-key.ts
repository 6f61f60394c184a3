// Where the operator finds their key: it is told once, on the first start, and after a reset.
import { join } from 'node:path'
import { writePrivateFile } from '#gateway/lib/private-file.ts'

export const OPERATOR_KEY_FILE = 'operator.key'

/** Writes DIR/operator.key with mode 0600. When it returns it is on disk. */
export function writeOperatorKey(directory: string, key: string): void {
  writePrivateFile(join(directory, OPERATOR_KEY_FILE), `${key}\n`)
}
