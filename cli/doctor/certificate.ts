// Whether MQTT over TLS has what it needs: files that fit together, and certificates that are good now and for a while.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fault, ok, warning, type Answer, type Finding } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { CertificateError, readCertificate } from '#gateway/mqtt/listeners/certificate-files.ts'
import { asksFor } from '#gateway/mqtt/listeners/tls.ts'

const DAY_MS = 86_400_000
/** Time enough to have a new one made before devices notice. */
export const DAYS_LEFT_MIN = 30
const MEND = 'Correct the settings of mqtts, or the files; `sluice certificate trial` makes some to try with.'
const EARLY = 'Look at the clock of this machine first; else wait, or have one made that is good now.'
const PEM = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** The gateway's own certificate, those that it sends along, and the authorities for those of devices. */
export function tlsCertificate({ config: { mqtts }, now }: Facts): Answer {
  if (!mqtts) return []
  try {
    readCertificate(mqtts)
    asksFor(mqtts)
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    return fault(`${error.message}: no gateway starts with that`, MEND)
  }
  const files = [mqtts.certificateFile, ...mqtts.clientCaFile === undefined ? [] : [mqtts.clientCaFile]]
  const findings = files.flatMap(file => certificatesIn(file).flatMap(certificate => untimely(certificate, file, now())))
  if (findings.length > 0) return findings
  const until = Math.min(...certificatesIn(mqtts.certificateFile).map(({ validToDate }) => validToDate.getTime()))
  return ok(`${mqtts.certificateFile} is good until ${dayOf(until)}, and its key fits`)
}

function certificatesIn(file: string): readonly X509Certificate[] {
  return (readFileSync(file, 'utf8').match(PEM) ?? []).map(pem => new X509Certificate(pem))
}

function untimely({ subject, validFromDate, validToDate }: X509Certificate, file: string, now: number): readonly Finding[] {
  const from = validFromDate.getTime(), until = validToDate.getTime(), who = `${subject.replaceAll('\n', ', ')} in ${file}`
  const remedy = 'Have it made anew and put the files there: a gateway that runs takes them up by itself.'
  if (until < now) return [fault(`${who} is over since ${dayOf(until)}`, remedy)]
  if (from > now) return [fault(`${who} is good from ${dayOf(from)} only`, EARLY)]
  const days = Math.floor((until - now) / DAY_MS)
  return days < DAYS_LEFT_MIN ? [warning(`${who} ends in ${days} ${days === 1 ? 'day' : 'days'}, on ${dayOf(until)}`, remedy)] : []
}

function dayOf(time: number): string { return new Date(time).toISOString().slice(0, 10) }
