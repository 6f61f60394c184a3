// The data directory: can this account make it, or write to it, and is all of it of one account?
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fault, ok, warning, type Finding } from '#cli/doctor/check.ts'
import { nearestThere, type Facts } from '#cli/doctor/facts.ts'
import { withTemporaryFile } from '#cli/doctor/temporary-file.ts'

const ROOT = 0

export function dataDirectory({ data, isThere }: Facts): Finding {
  const directory = nearestThere(data)
  try {
    withTemporaryFile(directory, () => {})
  } catch (error) {
    return unwritable(directory, error as NodeJS.ErrnoException)
  }
  return isThere ? ownership(data) : ok(`${data} is not there yet: the first start makes it`)
}

function unwritable(directory: string, { code, message }: NodeJS.ErrnoException): Finding {
  const found = `${directory} takes no file (${code ?? message})`, other = 'or choose another with --data or SLUICE_DATA.'
  if (code === 'ENOTDIR') return fault(`${directory} is no directory`, `Move it away, ${other}`)
  if (code === 'EROFS') {
    const remedy = `See in the system's log why, then mount it for writing (mount -o remount,rw), ${other}`
    return fault(`${found}: its disk is mounted read-only`, remedy)
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') return fault(`${found}: the disk is full`, `Make room, ${other}`)
  const remedy = `Give it to the account that runs the gateway: chown -R ACCOUNT ${directory} && chmod 700 ${directory}, ${other}`
  return fault(`${found}: this account may not write to it`, remedy)
}

/** As another account a gateway could not write; as root it could, and what it makes would be in the way of that account. */
function ownership(data: string): Finding {
  const account = process.geteuid?.()
  if (account === undefined) return ok(data)
  const owner = statSync(data).uid, strangers = readdirSync(data).filter(name => uidOf(join(data, name)) !== owner)
  const mend = `Give all of it to the account that runs the gateway: chown -R ACCOUNT ${data}`
  if (strangers.length > 0) {
    const who = `${strangers.join(', ')} ${strangers.length === 1 ? 'is' : 'are'} not of account ${owner}`
    const found = `${data} is not all of one account: ${who}`
    return fault(found, `${mend}, and start it as that account only.`)
  }
  if (owner === account) return ok(`${data} takes files, and is this account's`)
  const found = `${data} is not owned by this account (${account}), but by ${owner}`
  if (account !== ROOT) return fault(found, `${mend}, or run as that account.`)
  return warning(found, `${mend}, or run as account ${owner}: what root makes there, it cannot use.`)
}

function uidOf(path: string): number | undefined { return statSync(path, { throwIfNoEntry: false })?.uid }
