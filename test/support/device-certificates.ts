// Certificates to the second and in every state of health, which openssl's command line would not make: RFC 5280, by hand.
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '#test/support/temporary.ts'

export interface Made {
  /** PEM. */
  readonly certificate: string
  readonly key: string
  readonly privateKey: KeyObject
  readonly name: string
}

export interface Wish {
  readonly from?: Date
  readonly until?: Date
  /** Bits of RSA; left out: P-256. */
  readonly rsaBits?: number
  /** Extended key usage: the last arc below 1.3.6.1.5.5.7.3, 1 for a server and 2 for a client. Left out: any. */
  readonly use?: 1 | 2
  /** Who signs; left out: its own key. */
  readonly by?: Made
  readonly isAuthority?: true
  /** In the place of the subject's common name. */
  readonly subject?: Buffer
}

const DAY_MS = 86_400_000
const SEQUENCE = 0x30, SET = 0x31, INTEGER = 0x02, OID = 0x06, NULL = 0x05, UTF8 = 0x0c, BIT_STRING = 0x03, OCTET_STRING = 0x04, BOOLEAN = 0x01, TIME = 0x18
const hex = (text: string): Buffer => Buffer.from(text, 'hex')

/** X.690 §8.1: tag, length, content. */
function tlv(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content), { length } = body
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}

export function nameOf(commonName: string): Buffer { return tlv(SEQUENCE, tlv(SET, tlv(SEQUENCE, tlv(OID, hex('550403')), tlv(UTF8, Buffer.from(commonName))))) }

function time(date: Date): Buffer { return tlv(TIME, Buffer.from(`${date.toISOString().replace(/[-T:]|\.\d+/g, '')}`)) }

function extension(oid: string, value: Buffer, isCritical = false): Buffer {
  return tlv(SEQUENCE, tlv(OID, hex(oid)), ...isCritical ? [tlv(BOOLEAN, hex('ff'))] : [], tlv(OCTET_STRING, value))
}

function extensions({ use, isAuthority }: Wish): Buffer {
  const use37 = use === undefined ? [] : [extension('551d25', tlv(SEQUENCE, tlv(OID, hex(`2b0601050507030${use}`))))]
  const basic = extension('551d13', tlv(SEQUENCE, ...isAuthority ? [tlv(BOOLEAN, hex('ff'))] : []), true)
  return tlv(0xa3, tlv(SEQUENCE, basic, ...use37))
}

/** A certificate, good since yesterday and for a day, unless something else is wished for. */
export function makeCertificate(name: string, wish: Wish = {}): Made {
  const { from = new Date(Date.now() - DAY_MS), until = new Date(Date.now() + DAY_MS), rsaBits, by, subject = nameOf(name) } = wish
  const { privateKey, publicKey } = rsaBits ? generateKeyPairSync('rsa', { modulusLength: rsaBits }) : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = by?.privateKey ?? privateKey, isRsa = signer.asymmetricKeyType === 'rsa'
  const algorithm = isRsa ? tlv(SEQUENCE, tlv(OID, hex('2a864886f70d01010b')), tlv(NULL)) : tlv(SEQUENCE, tlv(OID, hex('2a8648ce3d040302')))
  const body = tlv(
    SEQUENCE, tlv(0xa0, tlv(INTEGER, hex('02'))), tlv(INTEGER, hex('01'), randomBytes(8)), algorithm, by ? nameOf(by.name) : subject,
    tlv(SEQUENCE, time(from), time(until)), subject, publicKey.export({ type: 'spki', format: 'der' }), extensions(wish))
  const whole = tlv(SEQUENCE, body, algorithm, tlv(BIT_STRING, hex('00'), sign('sha256', body, signer)))
  return { certificate: pemOf(whole), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), privateKey, name }
}

function pemOf(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
}

/** It as files. */
export function filesOf({ certificate, key, name }: Made, folder = temporaryFolder()): { readonly certificateFile: string, readonly keyFile: string } {
  const certificateFile = join(folder, `${name}.pem`), keyFile = join(folder, `${name}.key`)
  writeFileSync(certificateFile, certificate)
  writeFileSync(keyFile, key, { mode: 0o600 })
  return { certificateFile, keyFile }
}
