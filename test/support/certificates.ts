// A certificate authority of an afternoon, and a certificate for 127.0.0.1 by it.
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '#test/support/temporary.ts'

export const hasOpenssl = spawnSync('openssl', ['version']).error === undefined

/** Paths of PEM files. */
export interface Certificates { readonly ca: string, readonly certificate: string, readonly key: string }

export function makeCertificates(): Certificates {
  const folder = temporaryFolder(), file = (name: string) => join(folder, name), openssl = (...options: string[]) => execFileSync('openssl', options, { stdio: 'ignore' })
  const made = { ca: file('ca.pem'), certificate: file('server.pem'), key: file('server.key') }, newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=Sluice test authority', '-keyout', file('ca.key'), '-out', made.ca)
  openssl('req', ...newKey, '-subj', '/CN=127.0.0.1', '-keyout', made.key, '-out', file('server.csr'))
  writeFileSync(file('extensions'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
  openssl('x509', '-req', '-in', file('server.csr'), '-CA', made.ca, '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', file('extensions'), '-out', made.certificate)
  return made
}
