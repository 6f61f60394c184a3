// certificate trial: an authority of one's own, and certificates by it, to try TLS with before there are real ones.
import { execFile } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { CliError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'
import { writePrivateFile } from '#gateway/lib/private-file.ts'

/** A trial is over by then. */
const DAYS = 90
const AUTHORITY = 'ca', SERVER = 'server'
/** A DNS name (RFC 1123 §2.1), with a star for its first label at most. */
const HOST = /^(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/
const HOST_CHARS_MAX = 253
/** It is a part of a file's name, and of a certificate's. */
const DEVICE = /^(?!(ca|server)$)[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
const NO_OPENSSL = 'Certificates are signed by openssl, which is not installed: '
  + '`apt-get install openssl`, `apk add openssl` or `brew install openssl`.'

const run = promisify(execFile)

/** Makes them in a directory, the keys for this account alone, and prints where. What is there already stays: CONFLICT. */
export async function certificateTrial(input: Input, io: Io): Promise<void> {
  const directory = resolve(input.needed('dir'))
  const hosts = input.list('name') ?? [], devices = input.list('device') ?? []
  assertNames(hosts, devices)
  const bases = [AUTHORITY, SERVER, ...devices]
  const files = bases.flatMap(base => namesOf(filesOf(directory, base)))
  for (const file of files) if (existsSync(file)) throw new CliError('CONFLICT', `${file} is there already: name another directory with --dir.`)
  mkdirSync(directory, { recursive: true })
  try {
    await makeAll(directory, hosts, bases)
  } catch (error) {
    for (const file of files) rmSync(file, { force: true })
    throw told(error)
  }
  const server = filesOf(directory, SERVER), caFile = filesOf(directory, AUTHORITY).certificate
  const ofDevices = devices.map(name => filesOf(directory, name).certificate)
  io.show({ certificateFile: server.certificate, keyFile: server.key, caFile, hosts, devices: ofDevices, days: DAYS })
}

function assertNames(hosts: readonly string[], devices: readonly string[]): void {
  const host = hosts.find(name => !isHost(name)), device = devices.find(name => !DEVICE.test(name))
  if (host !== undefined) throw new CliError('BAD_REQUEST', `${host} is neither the name of a host nor its address.`)
  if (device !== undefined) throw new CliError('BAD_REQUEST', `${device} cannot be a device's name here: use letters, digits, - and _.`)
}

interface Files { readonly certificate: string, readonly key: string }

function namesOf({ certificate, key }: Files): readonly string[] { return [certificate, key] }
function filesOf(directory: string, base: string): Files {
  return { certificate: join(directory, `${base}.pem`), key: join(directory, `${base}.key`) }
}

async function makeAll(directory: string, hosts: readonly string[], bases: readonly string[]): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'sluice-certificate-')), config = join(work, 'openssl.cnf')
  const authority = filesOf(directory, AUTHORITY)
  try {
    writeFileSync(config, configOf(hosts))
    for (const base of bases) {
      const files = filesOf(directory, base)
      // Made here, so that at no moment another account can read it: only the signing is openssl's.
      writePrivateFile(files.key, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }))
      if (base === AUTHORITY) await selfSign(files, config)
      else await sign(files, { config, authority, name: base, request: join(work, `${base}.csr`) })
    }
  } finally { rmSync(work, { recursive: true, force: true }) }
}

async function selfSign({ certificate, key }: Files, config: string): Promise<void> {
  const what = ['-sha256', '-config', config, '-extensions', 'authority', '-subj', '/CN=Sluice trial authority', '-days', String(DAYS)]
  await run('openssl', ['req', '-x509', '-new', ...what, '-key', key, '-out', certificate])
}

interface Signing { readonly config: string, readonly authority: Files, readonly name: string, readonly request: string }

async function sign({ certificate, key }: Files, { config, authority, name, request }: Signing): Promise<void> {
  const serial = `0x1${randomBytes(8).toString('hex')}`, by = ['-CA', authority.certificate, '-CAkey', authority.key, '-set_serial', serial]
  const extensions = ['-extfile', config, '-extensions', name === SERVER ? SERVER : 'device']
  await run('openssl', ['req', '-new', '-sha256', '-config', config, '-subj', `/CN=${name}`, '-key', key, '-out', request])
  await run('openssl', ['x509', '-req', '-sha256', '-in', request, ...by, '-days', String(DAYS), ...extensions, '-out', certificate])
}

/** RFC 5280 §4.2.1: an authority that can sign for no other authority; a server that is known by its names; devices. */
function configOf(hosts: readonly string[]): string {
  const names = hosts.map(host => `${isIP(host) > 0 ? 'IP' : 'DNS'}:${host}`).join(', ')
  const identifiers = ['subjectKeyIdentifier = hash', 'authorityKeyIdentifier = keyid']
  const leaf = ['basicConstraints = critical, CA:false', 'keyUsage = critical, digitalSignature', ...identifiers]
  return [
    '[req]', 'distinguished_name = subject', '[subject]',
    '[authority]', 'basicConstraints = critical, CA:true, pathlen:0', 'keyUsage = critical, keyCertSign, cRLSign', 'subjectKeyIdentifier = hash',
    '[server]', ...leaf, 'extendedKeyUsage = serverAuth', `subjectAltName = ${names}`,
    '[device]', ...leaf, 'extendedKeyUsage = clientAuth', '',
  ].join('\n')
}

function isHost(text: string): boolean { return isIP(text) > 0 || (text.length <= HOST_CHARS_MAX && HOST.test(text)) }

function told(error: unknown): CliError {
  const { code, syscall, message } = error as NodeJS.ErrnoException
  const isMissing = code === 'ENOENT' && syscall === 'spawn openssl'
  const text = isMissing ? NO_OPENSSL : `The certificates were not made: ${message}`
  return new CliError('UNAVAILABLE', text, { cause: error })
}
