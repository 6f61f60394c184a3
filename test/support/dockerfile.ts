// A Dockerfile as a list, and its steps done in a folder where no container engine runs: what is copied, and what is run on it.
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

export interface Instruction {
  readonly word: string
  /** Such as `--from=build`. */
  readonly flags: readonly string[]
  /** Of the exec form its words, else what is written, at its blanks. */
  readonly words: readonly string[]
  readonly isExec: boolean
}

export interface Stage { readonly image: string, readonly name?: string, readonly instructions: readonly Instruction[] }

/** What stands before the first FROM are arguments; the images come with them filled in. */
export function stagesOf(text: string): readonly Stage[] {
  const lines = text.replace(/^#.*\n/gm, '').replace(/\\\n/g, ' ').split('\n').filter(line => line.trim() !== '')
  const stages: { image: string, name?: string, instructions: Instruction[] }[] = [], known: Record<string, string> = {}
  for (const instruction of lines.map(parsed)) {
    const { word, words: [first, , third] } = instruction
    const filled = first!.replace(/\$\{(\w+)\}/g, (_, name: string) => known[name] ?? '')
    if (word === 'FROM') stages.push({ image: filled, name: third, instructions: [] })
    else if (stages.length > 0) stages.at(-1)!.instructions.push(instruction)
    else known[first!.split('=')[0]!] = first!.split('=')[1]!
  }
  return stages
}

/** One line. HEALTHCHECK's CMD is an instruction within it: parse what `words` say, joined, once more. */
export function parsed(line: string): Instruction {
  const [, word, flags, rest] = /^\s*([A-Z]+)\s+((?:--\S+\s+)*)(.*)$/.exec(line)!
  const isExec = rest!.startsWith('[')
  const words = isExec ? JSON.parse(rest!) as string[] : rest!.trim().split(/\s+/)
  return { word: word!, flags: flags!.split(/\s+/).filter(Boolean), words, isExec }
}

/** The files that a build sees at a path of its context: what .dockerignore leaves of them. The last rule that covers a file counts. */
export function seenAt(context: string, path: string): readonly string[] {
  const rules = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n').filter(line => line !== '' && !line.startsWith('#'))
  const entries = globSync([path, `${path}/**`], { cwd: context, withFileTypes: true, exclude: ['**/node_modules', '.git'] })
  const files = new Set(entries.filter(entry => entry.isFile()).map(entry => relative(context, join(entry.parentPath, entry.name))))
  return [...files].filter(file => !rules.findLast(rule => covers(rule.replace('!', ''), file))?.match(/^[^!]/))
}

function covers(rule: string, file: string): boolean {
  const pattern = rule.split('**/').map(part => part.split('*').map(RegExp.escape).join('[^/]*')).join('(.*/)?')
  return new RegExp(`^${pattern}(/|$)`).test(file) // a folder is covered with all that is in it
}

/** Does what the stages copy and run. `/` is a folder of `root` for each, by its name; the last has none. Throws where a step fails. */
export function replay(stages: readonly Stage[], context: string, root: string): void {
  for (const stage of stages) {
    const here = join(root, stage.name ?? 'last')
    let directory = here
    for (const { word, words, flags } of stage.instructions) {
      if (word === 'WORKDIR') mkdirSync(directory = join(here, words[0]!), { recursive: true })
      const [program, ...rest] = words.map(one => one.replace(/^\//, `${here}/`))
      if (word === 'RUN') execFileSync(program!, rest, { cwd: directory, stdio: 'pipe' })
      if (word !== 'COPY') continue
      const from = flags.find(flag => flag.startsWith('--from='))?.slice('--from='.length), to = words.at(-1)!
      const target = join(to.startsWith('/') ? here : directory, to)
      for (const source of words.slice(0, -1)) {
        if (from) cpSync(join(root, from, source), target, { recursive: true, verbatimSymlinks: true })
        else copy(context, source, to.endsWith('/') && statSync(join(context, source)).isFile() ? join(target, basename(source)) : target)
      }
    }
  }
}

function copy(context: string, source: string, target: string): void {
  for (const file of seenAt(context, source)) {
    const to = join(target, relative(source, file))
    mkdirSync(dirname(to), { recursive: true })
    cpSync(join(context, file), to)
  }
}
