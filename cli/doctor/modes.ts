// What is secret is this account's alone: keys, state, and what was said.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fault, ok, warning, type Answer, type Finding } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { OLDER_USAGE_LOG_FILE, USAGE_LOG_FILE } from '#gateway/market/usage-log.ts'
import { OPERATOR_KEY_FILE } from '#gateway/parties/operator-key.ts'
import { MASTER_KEY_FILE } from '#gateway/parties/vault.ts'
import { SIGNING_KEY_FILE } from '#gateway/proof/signing-key.ts'
import { STATE_FILE } from '#gateway/state/database.ts'
import { HEAD_FILE } from '#gateway/transparency/head-file.ts'

/** Everyone but the owner; of these who may change something. */
const OTHERS = 0o077, OTHERS_WRITE = 0o022

const FILES = [MASTER_KEY_FILE, SIGNING_KEY_FILE, OPERATOR_KEY_FILE, STATE_FILE, `${STATE_FILE}-wal`, USAGE_LOG_FILE, OLDER_USAGE_LOG_FILE, HEAD_FILE]
const DIRECTORIES = ['', 'journal']

export function fileModes({ data, isThere, config }: Facts): Answer {
  if (process.platform === 'win32') return []
  const named = [config.history?.passwordFile, config.mqtts?.keyFile].flatMap(path => path === undefined ? [] : fileFault(path))
  if (!isThere) return named
  const own = [...FILES.flatMap(name => fileFault(join(data, name))), ...DIRECTORIES.flatMap(name => directoryFault(join(data, name)))]
  const findings = [...own, ...named]
  return findings.length > 0 ? findings : ok('keys, state and journal are this account\'s alone')
}

function fileFault(path: string): readonly Finding[] {
  const mode = modeOf(path)
  if (mode === undefined || (mode & OTHERS) === 0) return []
  return [fault(`${path} may be used by others (mode ${mode.toString(8)})`, `Run chmod 600 ${path}, and ask yourself who has read it.`)]
}

function directoryFault(path: string): readonly Finding[] {
  const mode = modeOf(path)
  if (mode === undefined || (mode & OTHERS) === 0) return []
  const remedy = `Run chmod 700 ${path}.`
  if ((mode & OTHERS_WRITE) !== 0) return [fault(`${path} may be changed by others (mode ${mode.toString(8)})`, remedy)]
  return [warning(`${path} may be listed by others (mode ${mode.toString(8)})`, remedy)]
}

function modeOf(path: string): number | undefined {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode
  return mode === undefined ? undefined : mode & 0o777
}
