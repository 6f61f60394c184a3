// Looks for what should be gone: a text or a number, in whatever way it may lie in a file.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** All ways in which a text may have been written down: UTF-8, UTF-16, hexadecimal, and base64 at each of its three places. */
export function formsOf(text: string): readonly Buffer[] {
  const utf8 = Buffer.from(text), wide = Buffer.from(text, 'utf16le'), hex = utf8.toString('hex')
  const base64 = [0, 1, 2].map(before => {
    const encoded = Buffer.concat([Buffer.alloc(before), utf8]).toString('base64').replace(/=+$/, '')
    return encoded.slice(before === 0 ? 0 : before + 1, encoded.length - (utf8.length + before) % 3) // without what its neighbours have a part in
  })
  return [utf8, wide, Buffer.from(wide).swap16(), Buffer.from(hex), Buffer.from(hex.toUpperCase()), ...base64.map(each => Buffer.from(each))]
}

/** As a text, and as a double in both orders. */
export function formsOfNumber(value: number): readonly Buffer[] {
  const little = Buffer.alloc(8), big = Buffer.alloc(8)
  little.writeDoubleLE(value)
  big.writeDoubleBE(value)
  return [...formsOf(String(value)), little, big]
}

/** Every file below a directory. */
export function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map(name => join(directory, name)).filter(path => statSync(path).isFile())
}

/** Which canaries are in which files, as `<canary> in <file>`. */
export function found(directory: string, canaries: ReadonlyMap<string, readonly Buffer[]>): readonly string[] {
  const files = filesBelow(directory).map(path => [path, readFileSync(path)] as const)
  return [...canaries].flatMap(([name, forms]) => files.filter(([path, bytes]) => forms.some(form => bytes.includes(form) || path.includes(form.toString('latin1')))).map(([path]) => `${name} in ${path.slice(directory.length + 1)}`))
}
