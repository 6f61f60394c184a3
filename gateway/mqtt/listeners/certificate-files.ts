// A server's certificate as files: read as one, with an error that names the file, and read again when one of them has changed.
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'

export interface CertificateFiles {
  /** PEM: the certificate, and behind it those between it and an authority that clients know. */
  readonly certificateFile: string
  /** PEM, without a password. */
  readonly keyFile: string
  /** PEM: the authorities of which a client's certificate has to come. Left out: clients need none. */
  readonly clientCaFile?: string
}

/** Its message names the file, and says what is wrong with it. */
export class CertificateError extends Error {}

/** What `tls` takes. Throws a CertificateError. */
export function readCertificate(files: CertificateFiles): SecureContextOptions {
  const { certificateFile, keyFile, clientCaFile } = files
  const cert = checked(certificateFile, 'certificate', cert => ({ cert }))
  const key = checked(keyFile, 'key', key => ({ key }))
  const ca = clientCaFile === undefined ? undefined : checked(clientCaFile, 'certificate', ca => ({ ca }))
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new CertificateError(`The key in ${keyFile} is not that of the certificate in ${certificateFile}`, { cause: error })
  }
  return { cert, key, ca }
}

/** Calls `onChange` when one of the files may have changed; `intervalMs` is how often they are looked at. Answers how to stop. */
export function watchCertificate(certificate: CertificateFiles, intervalMs: number, onChange: () => void): () => void {
  const { certificateFile, keyFile, clientCaFile } = certificate
  const files = [certificateFile, keyFile, clientCaFile].filter(file => file !== undefined)
  // By looking, since most are links that are turned to another file, which no event tells of.
  for (const file of files) watchFile(file, { interval: intervalMs, persistent: false }, onChange)
  return () => { for (const file of files) unwatchFile(file, onChange) }
}

function checked(file: string, what: 'certificate' | 'key', options: (text: string) => SecureContextOptions): string {
  const text = read(file)
  const label = what === 'key' ? /-----BEGIN [A-Z ]*PRIVATE KEY-----/ : /-----BEGIN CERTIFICATE-----/
  if (!label.test(text)) throw new CertificateError(`There is no ${what} in ${file}: it has to be PEM`)
  try {
    createSecureContext(options(text))
  } catch (error) {
    throw new CertificateError(`The ${what} in ${file} cannot be used: ${(error as Error).message}`, { cause: error })
  }
  return text
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CertificateError(`The file ${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
