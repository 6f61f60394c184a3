// certificate add, list, remove: by which certificates the devices of a source come without a password.
import { CliError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

/** Looks at the file before it sends it: a key that was taken for a certificate stays at home. */
export async function certificateAdd(input: Input, io: Io): Promise<void> {
  const client = await io.client(), certificate = await content(input.needed('file'))
  const { readDeviceCertificate } = await import('#gateway/devices/device-certificate.ts')
  readDeviceCertificate(certificate, Date.now())
  io.show(await client.post(addressOf(input), { certificate }))
}

export async function certificateList(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get(addressOf(input)), ['fingerprint', 'subject', 'from', 'until', 'addedAt'])
}

/** Takes a fingerprint as openssl writes it as well, with colons and in capitals. */
export async function certificateRemove(input: Input, io: Io): Promise<void> {
  const client = await io.client(), fingerprint = input.needed('FINGERPRINT').replaceAll(':', '').toLowerCase()
  io.show(await client.delete(`${addressOf(input)}/${encodeURIComponent(fingerprint)}`))
}

function addressOf(input: Input): string { return `/v1/sources/${encodeURIComponent(input.needed('SOURCE'))}/certificates` }

async function content(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CliError('BAD_REQUEST', `${file} cannot be read: ${(error as Error).message}.`)
  }
}
