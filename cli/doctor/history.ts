// The database of the history: is it there, an InfluxDB 1.x, and does it know us?
import { readFileSync } from 'node:fs'
import { fault, ok, type Answer, type Finding } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { ask, unreached, type Answered } from '#cli/doctor/reach.ts'
import type { HistoryConfig } from '#gateway/config/config.ts'

const UNAUTHORISED = [401, 403]

export async function history({ config }: Facts): Promise<Answer> {
  if (!config.history) return []
  const { url } = config.history
  try {
    const { status, headers } = await ask(below(url, 'ping')), version = String(headers['x-influxdb-version'] ?? '')
    if (/^v?1\./.test(version)) return await known(config.history, version)
    const what = version === '' ? `no InfluxDB (status ${status})` : `an InfluxDB ${version}`
    const remedy = 'Run an InfluxDB 1.x (Debian: influxdb), and name it in history.url (SLUICE_HISTORY_URL).'
    return fault(`What answers at ${url} is ${what}, of the wrong version`, remedy)
  } catch (error) {
    const { why, remedy } = unreached(error, 'history.url, SLUICE_HISTORY_URL')
    return fault(`The history's database at ${url} is unreachable (${why})`, remedy)
  }
}

async function known({ url, username, passwordFile }: HistoryConfig, version: string): Promise<Finding> {
  let password = ''
  try {
    if (passwordFile !== undefined) password = readFileSync(passwordFile, 'utf8').trim()
  } catch (error) {
    const remedy = 'Write it there, readable by this account alone, or correct history.passwordFile (SLUICE_HISTORY_PASSWORD_FILE).'
    return fault(`The password of the history cannot be read (${(error as Error).message})`, remedy)
  }
  const question = below(url, 'query')
  question.searchParams.set('q', 'SHOW DATABASES')
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  return admitted(await ask(question, username === undefined ? {} : { authorization: basic }), version, url)
}

function admitted({ status, body }: Answered, version: string, url: string): Finding {
  if (status === 200) return ok(`InfluxDB ${version} at ${url}`)
  const database = `The history's database at ${url}`
  if (!UNAUTHORISED.includes(status)) {
    return fault(`${database} answers with status ${status}: ${body.slice(0, 200).trim()}`, 'See its log.')
  }
  const make = 'make that user there: CREATE USER … WITH PASSWORD … WITH ALL PRIVILEGES.'
  const remedy = `Correct history.username and history.passwordFile, or ${make}`
  return fault(`${database} does not let us in: unauthorised (status ${status})`, remedy)
}

function below(url: string, path: string): URL { return new URL(path, url.endsWith('/') ? url : `${url}/`) }
