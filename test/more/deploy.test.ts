// What is written for Docker and systemd, held to rules, and run as far as it runs without them.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { parse } from 'yaml'
import packageJson from '../../package.json' with { type: 'json' }
import { SETTINGS } from '#gateway/config/settings.ts'
import { parsed, replay, seenAt, stagesOf, type Stage } from '#test/support/dockerfile.ts'
import { freePort, hasMosquitto } from '#test/support/mosquitto.ts'
import { hostOf } from '#benchmarks/peers/node-red-hosts.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const isOnMachine = (program: string, ...words: string[]) => spawnSync(program, words).status === 0

const DOCKERFILES = ['Dockerfile', 'deploy/node-red/Dockerfile']
const NODE_VERSION = packageJson.optionalDependencies.node.replace('^', '')
const NOBODY = 65_534
const HARDENED = { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], tmpfs: ['/tmp'] }

interface Service {
  readonly image?: string
  readonly build?: string | { readonly dockerfile: string }
  readonly environment?: Readonly<Record<string, unknown>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly networks?: readonly string[]
  readonly secrets?: readonly string[]
  readonly [key: string]: unknown
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: object
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose
const services = Object.entries(compose.services)

describe('docker-compose.yml', () => {
  const dockerfileOf = ({ build }: Service) => build === undefined ? undefined : typeof build === 'string' ? 'Dockerfile' : build.dockerfile
  const isOfHost = (volume: string) => volume.startsWith('.')
  const hostPaths = services.flatMap(([, { volumes = [] }]) => volumes.filter(isOfHost).map(volume => volume.split(':')[0]!))

  for (const [name, service] of services) {
    describe(`its service ${name}`, () => {
      it('has an image of one exact version', () => { assert.match(service.image!, /^[\w./-]+:\d+\.\d+\.\d+$/) })

      it('says whether it is well', () => {
        const dockerfile = dockerfileOf(service)
        assert.ok(dockerfile ? /^HEALTHCHECK /m.test(read(dockerfile)) : Array.isArray((service['healthcheck'] as { test: unknown }).test))
      })

      it('writes to its volume and to /tmp, has no rights, and gets none', () => {
        const { read_only, cap_drop, security_opt, tmpfs } = service
        assert.deepEqual({ read_only, cap_drop, security_opt, tmpfs }, HARDENED)
        assert.deepEqual(['privileged', 'cap_add', 'network_mode', 'pid', 'ipc', 'devices', 'env_file'].filter(key => key in service), [])
        assert.deepEqual((service.volumes ?? []).filter(volume => isOfHost(volume) && !volume.endsWith(':ro')), [])
        assert.doesNotMatch(JSON.stringify(service.volumes), /docker\.sock/)
      })

      it('is reached from this machine alone', () => {
        for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:\$\{[A-Z_]+_PORT:-\d+\}:\d+$/)
      })

      it('is told no password: it reads a file', () => {
        for (const [variable, value] of Object.entries(service.environment ?? {})) {
          if (/PASSWORD|SECRET|TOKEN|KEY$/.test(variable)) assert.match(variable, /FILE$/, `${variable}: ${String(value)}`)
        }
      })
    })
  }

  it('asks for no variable: Compose fills in those of every service, wanted or not, and a gateway alone would not start', () => {
    assert.deepEqual(read('docker-compose.yml').match(/\$\{\w+:?\?/g), null)
    assert.deepEqual(read('docker-compose.yml').replace(/\$\$/g, '').match(/\$(?!\{[A-Z_]+:-)/g), null)
  })

  it('starts a gateway alone, with nothing to prepare', () => {
    const always = services.filter(([, service]) => service['profiles'] === undefined)
    assert.deepEqual(always.map(([name]) => name), ['gateway'])
    assert.equal(always[0]![1].secrets, undefined)
  })

  it('hands the gateway each of its settings by its name, but for those that the image has', () => {
    const ofImage = [...read('Dockerfile').matchAll(/^ +(SLUICE_\w+)=/gm)].map(([, name]) => name!)
    const all = [...ofImage, ...Object.keys(compose.services['gateway']!.environment!)]
    assert.deepEqual(all.sort(), SETTINGS.map(({ variable }) => variable).sort())
  })

  it('explains in .env.example every variable that it takes, and no other', () => {
    const taken = new Set([...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+):-/g)].map(([, name]) => name!))
    const explained = new Set([...read('.env.example').matchAll(/^#([A-Z_]+)=/gm)].map(([, name]) => name!))
    assert.deepEqual([...explained].sort(), [...taken, 'COMPOSE_PROFILES'].sort())
    assert.doesNotMatch(read('.env.example'), /^[^#\n]/m)
  })

  it('names only files, volumes, networks and secrets that there are, and secrets that git never sees', () => {
    assert.deepEqual(hostPaths.filter(path => !existsSync(join(ROOT, path))), [])
    for (const [, { volumes = [], networks = [], secrets = [] }] of services) {
      for (const volume of volumes) if (!isOfHost(volume)) assert.ok(volume.split(':')[0]! in compose.volumes, volume)
      for (const network of networks) assert.ok(network in compose.networks, network)
      for (const secret of secrets) assert.ok(secret in compose.secrets, secret)
    }
    const secret = ['.env', ...Object.values(compose.secrets).map(({ file }) => file)]
    assert.deepEqual(execFileSync('git', ['check-ignore', ...secret], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n'), secret)
  })

  it('keeps the database where only those who need it are', () => {
    assert.equal(compose.networks['store']!.internal, true)
    assert.deepEqual(compose.services['influxdb']!.networks, ['store'])
    assert.equal(compose.services['influxdb']!.ports, undefined)
  })

  it('is taken by Compose itself, with all its profiles and with none (skipped where there is none)', function () {
    const found = [['docker', 'compose'], ['docker-compose']].find(([name, ...rest]) => isOnMachine(name!, ...rest, 'version'))
    if (found === undefined) this.skip()
    const [program, ...words] = found
    const profiles = [...new Set(services.flatMap(([, service]) => service['profiles'] as string[] | undefined ?? []))]
    for (const chosen of [[], profiles.flatMap(profile => ['--profile', profile])]) {
      const { status, stderr } = spawnSync(program!, [...words, ...chosen, 'config', '--quiet'], { cwd: ROOT, encoding: 'utf8' })
      assert.deepEqual([status, stderr], [0, ''])
    }
  })
})

describe('deploy/make-secrets.sh', () => {
  it('makes every secret that Compose reads, each different, and leaves them as they are the next time', () => {
    const folder = temporaryFolder()
    cpSync(join(ROOT, 'deploy', 'make-secrets.sh'), join(folder, 'deploy', 'make-secrets.sh'))
    mkdirSync(join(folder, 'deploy', 'secrets', 'gateway'), { recursive: true })
    const files = Object.values(compose.secrets).map(({ file }) => join(folder, file))
    const make = () => {
      execFileSync('sh', [join(folder, 'deploy', 'make-secrets.sh')])
      return files.map(file => readFileSync(file, 'utf8'))
    }
    const made = make()
    assert.equal(new Set(made).size, files.length)
    for (const secret of made) assert.match(secret, /^[\w-]{32}$/)
    assert.deepEqual(make(), made)
    assert.equal(statSync(join(folder, 'deploy', 'secrets')).mode & 0o777, 0o700)
    for (const file of files) assert.equal(statSync(file).mode & 0o777, 0o444)
    assert.deepEqual(readdirSync(join(folder, 'deploy', 'secrets', 'gateway')), ['history-password']) // all that the gateway sees
  })
})

for (const file of DOCKERFILES) {
  describe(file, () => {
    const stages = stagesOf(read(file)), last = stages.at(-1)!
    const all = (word: string, { instructions }: Stage = last) => instructions.filter(one => one.word === word)

    it('builds in one stage and ships another, both on the Node that the project runs on', () => {
      assert.deepEqual(stages.map(({ image }) => image), [`node:${NODE_VERSION}-slim`, `node:${NODE_VERSION}-slim`])
    })

    it('runs nothing in the stage that is shipped, so that it is the same for every platform', () => {
      assert.deepEqual(all('RUN'), [])
    })

    it('runs as somebody who may write to its volume alone', () => {
      assert.deepEqual(all('USER').map(({ words }) => words), [['node']])
      assert.deepEqual(all('VOLUME').map(({ words }) => words), [['/data']])
      const given = all('COPY').filter(({ flags }) => flags.some(flag => flag.startsWith('--chown')))
      assert.deepEqual(given.map(({ words }) => words.at(-1)), ['/data'])
    })

    it('starts Node itself, which gets the signal, and asks it whether it is well', () => {
      assert.deepEqual(all('STOPSIGNAL').map(({ words }) => words), [['SIGTERM']])
      const health = parsed(all('HEALTHCHECK')[0]!.words.join(' '))
      for (const one of [...all('ENTRYPOINT'), ...all('CMD'), health]) assert.ok(one.isExec, one.word)
      assert.deepEqual([all('ENTRYPOINT')[0]!.words[0], health.words[0]], ['node', 'node'])
    })

    it('fetches nothing by address, and runs no script of a package', () => {
      for (const stage of stages) {
        assert.deepEqual(all('ADD', stage), [])
        for (const { words } of all('RUN', stage)) {
          const command = words.join(' ')
          if (/^npm (?!pack)/.test(command)) assert.match(command, /^npm (ci .*--ignore-scripts|install .*--ignore-scripts .*\.tgz$)/)
          assert.doesNotMatch(command, /curl|wget|https?:|apt|sudo/)
        }
      }
    })

    it('copies what there is, and what the build may see', () => {
      for (const { flags, words } of stages.flatMap(stage => all('COPY', stage))) {
        if (flags.some(flag => flag.startsWith('--from'))) continue
        for (const source of words.slice(0, -1)) assert.notDeepEqual(seenAt(ROOT, source), [], source)
      }
    })

    it('says what it is', () => {
      const labels = all('LABEL').flatMap(({ words }) => words).join(' ')
      for (const label of ['title', 'licenses']) assert.match(labels, new RegExp(`org\\.opencontainers\\.image\\.${label}="`))
    })
  })
}

describe('The image', () => {
  const [build, last] = stagesOf(read('Dockerfile')) as [Stage, Stage]

  it('has the version of the package', () => {
    assert.ok(last.instructions.some(({ word, words }) => word === 'ARG' && words[0] === `VERSION=${packageJson.version}`))
    for (const [, { image, build }] of services) if (build !== undefined) assert.ok(image!.endsWith(`:${packageJson.version}`))
  })

  it('lets nothing to its builder but the program: no test, no secret, nothing of git', () => {
    const seen = readdirSync(ROOT).filter(name => name !== 'node_modules').flatMap(name => seenAt(ROOT, name))
    assert.ok(seen.includes('gateway/main.ts') && seen.includes('bin/sluice.js'))
    assert.deepEqual(seen.filter(file => /\.test\.ts$|^\.|^test\/|secret|\.key$|^data\/|^dist\//.test(file)), [])
  })

  describe('made in a folder, step by step (skipped where the registry cannot be reached)', () => {
    const root = temporaryFolder(), app = join(root, 'last', 'app'), data = join(root, 'last', 'data')
    const isRoot = process.getuid?.() === 0
    const path = [join(ROOT, 'node_modules', 'node', 'bin'), process.env['PATH']].join(delimiter)
    let environment: Readonly<Record<string, string>>

    before(async function () {
      if (spawnSync('npm', ['view', 'ws', 'version', '--fetch-retries=0'], { timeout: 30_000 }).status !== 0) this.skip()
      replay([build, last], ROOT, root)
      chmodSync(root, 0o755)
      if (isRoot) chownSync(data, NOBODY, NOBODY)
      const [mqtt, http] = [await freePort(), await freePort()]
      const ports = { SLUICE_MQTT_PORT: String(mqtt), SLUICE_HTTP_PORT: String(http) }
      environment = { PATH: path, SLUICE_DATA: data, SLUICE_HOST: '127.0.0.1', ...ports }
    })

    it('has what production needs, and no tool', () => {
      assert.ok(existsSync(join(app, 'node_modules', 'fastify')))
      assert.deepEqual(['typescript', 'mocha', 'node'].filter(name => existsSync(join(app, 'node_modules', name))), [])
      assert.deepEqual(readdirSync(app).sort(), ['LICENSE', 'bin', 'dist', 'node_modules', 'package.json'])
    })

    it('starts as somebody without rights who may write to /data, is well by its own check, and stops with 0 on SIGTERM', async () => {
      const [entry, command, check] = ['ENTRYPOINT', 'CMD', 'HEALTHCHECK'].map(word => last.instructions.find(one => one.word === word))
      const words = [...entry!.words.slice(1).map(word => word.replace(/^\/app/, app)), ...command!.words]
      const account = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
      const child = spawn('node', words, { cwd: app, env: environment, stdio: ['ignore', 'pipe', 'ignore'], ...account })
      const [line] = await once(createInterface({ input: child.stdout }), 'line') as [string]
      assert.match(line, /^Ready\./)
      const health = parsed(check!.words.join(' '))
      const checked = () => spawnSync(health.words[0]!, health.words.slice(1), { env: environment }).status
      assert.equal(checked(), 0)
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      assert.deepEqual(await ended, [0, null])
      assert.equal(checked(), 1)
      assert.ok(existsSync(join(data, 'operator.key')))
    })
  })
})

describe('The broker beside the gateway', () => {
  const entry = (compose.services['mosquitto']!['entrypoint'] as string[]).map(text => text.replaceAll('$$', '$'))

  it('takes whoever has the password, and nobody else (skipped where there is no Mosquitto)', async function () {
    if (!hasMosquitto || !isOnMachine('which', 'mosquitto_pub')) this.skip()
    const folder = temporaryFolder(), port = await freePort()
    const there = (text: string) => text.replace(/\/(tmp|run\/secrets|mosquitto\/data)\b/g, `${folder}`)
    writeFileSync(join(folder, 'mosquitto-password'), 'correct horse')
    const configuration = there(read('deploy/mosquitto/mosquitto.conf')).replace('listener 1883', `listener ${port} 127.0.0.1`)
    writeFileSync(join(folder, 'mosquitto.conf'), process.getuid?.() === 0 ? `${configuration}user root\n` : configuration)
    const script = there(entry[2]!).replace('/mosquitto/config/mosquitto.conf', join(folder, 'mosquitto.conf'))
    const env = { PATH: `${process.env['PATH']}:/usr/sbin` }
    const child = spawn(entry[0]!, [entry[1]!, script], { stdio: ['ignore', 'ignore', 'pipe'], env })
    try {
      for await (const line of createInterface({ input: child.stderr })) if (line.includes('running')) break
      const message = ['-h', '127.0.0.1', '-p', String(port), '-q', '1', '-t', 'a/b', '-m', '1']
      const publish = (...words: string[]) => spawnSync('mosquitto_pub', [...message, ...words]).status
      assert.equal(publish('-u', 'sluice', '-P', 'correct horse'), 0)
      assert.notEqual(publish('-u', 'sluice', '-P', 'wrong'), 0)
      assert.notEqual(publish(), 0)
    } finally {
      child.kill()
      await once(child, 'exit')
    }
  })
})

describe('Node-RED beside the gateway', () => {
  it('lets in whoever has the password, and nobody else (skipped where the registry cannot be reached)', async function () {
    const host = await hostOf(5)
    if (host === undefined) this.skip()
    const folder = temporaryFolder(), url = `http://127.0.0.1:${await freePort()}`
    for (const name of ['node-red-password', 'node-red-credential-secret']) writeFileSync(join(folder, name), `${name} of this test\n`)
    const settings = read('deploy/node-red/settings.cjs').replace('/run/secrets', folder).replace("'/data'", `'${folder}'`)
    writeFileSync(join(folder, 'settings.cjs'), settings.replace('0.0.0.0', '127.0.0.1').replace('1880', new URL(url).port))
    const words = [join(host.folder, 'node_modules', 'node-red', 'red.js'), '--settings', join(folder, 'settings.cjs')]
    const child = spawn(host.node, words, { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      for await (const line of createInterface({ input: child.stdout })) if (line.includes('Started flows')) break
      const flowsBy = async (username: string, password: string) => {
        const form = { client_id: 'node-red-admin', grant_type: 'password', scope: '*', username, password }
        const answer = await fetch(`${url}/auth/token`, { method: 'POST', body: new URLSearchParams(form) })
        const { access_token: token } = await answer.json() as { access_token?: string }
        return (await fetch(`${url}/flows`, { headers: { authorization: `Bearer ${token}` } })).status
      }
      assert.equal((await fetch(`${url}/flows`)).status, 401)
      assert.equal(await flowsBy('operator', 'password'), 401)
      assert.equal(await flowsBy('admin', 'node-red-password of this test'), 401)
      assert.equal(await flowsBy('operator', 'node-red-password of this test'), 200)
    } finally {
      child.kill()
      await once(child, 'exit')
    }
  })
})

describe('deploy/sluice.service', () => {
  const folder = temporaryFolder(), unit = join(folder, 'sluice.service')

  before('(skipped where there is no systemd-analyze)', function () {
    if (!isOnMachine('systemd-analyze', '--version')) this.skip()
    // Where it would be installed there is nothing.
    writeFileSync(unit, read('deploy/sluice.service').replace('/opt/sluice/node_modules/node/bin/node', process.execPath))
  })

  it('is understood by systemd without a remark', () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' })
    assert.deepEqual([status, stderr], [0, ''])
  })

  it('leaves a gateway little to do harm with: an exposure of 1.5 of 10 at most', () => {
    const { status, stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=15', unit], { encoding: 'utf8' })
    assert.equal(status, 0, stdout.split('\n').filter(line => !line.includes('✓')).join('\n'))
  })

  it('waits for an orderly stop, starts again after a crash, and lets V8 compile', () => {
    const lines = read('deploy/sluice.service').split('\n')
    const wanted = ['Restart=on-failure', 'TimeoutStopSec=15', 'MemoryDenyWriteExecute=no', 'DynamicUser=yes']
    assert.deepEqual(wanted.filter(line => !lines.includes(line)), [])
  })
})
