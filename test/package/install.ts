/**
 * The tarball as its users get it, in empty projects: `npm run package:install`. It is no part of `npm test`, since it takes
 * long and needs npm's registry; without one it is skipped.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chat } from '../helpers/client.ts'
import { answer, type Scripted, scripted } from '../helpers/upstream.ts'
import { type Project, pack, project, removeAll } from './projects.ts'

/** Serves streamgate before the provider at argv[2], asks it, and prints the answer's text. */
const PROGRAM = `
const gate = streamgate({ provider: 'openai', api_key: 'k', custom_host: process.argv[2] })
const server = http.createServer(gate).listen(0, '127.0.0.1', async () => {
  const { port } = server.address()
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch('http://127.0.0.1:' + port + '/v1/chat/completions', { method: 'POST', headers, body })
  const { choices } = await response.json()
  console.log(choices[0].message.content)
  process.exit()
})
`

const TYPED = `
import type { IncomingMessage, ServerResponse } from 'node:http'
import express from 'express'
import {
  type BreakerStore,
  combineHooks,
  ConfigError,
  createFetch,
  type Hooks,
  memoryStore,
  type Options,
  type Outcome,
  redisStore,
  type StreamgateConfig,
  streamgate,
} from 'streamgate'
import 'streamgate/express'
import schema from 'streamgate/gateway.schema.json' with { type: 'json' }
import { openTelemetry } from 'streamgate/opentelemetry'
import { apiError, type ChatRequest, openaiCompatible, type Provider } from 'streamgate/provider'

const hooks: Hooks = combineHooks(openTelemetry(), { onFinish: ({ outcome, usage }: Outcome) => console.log(outcome, usage?.total_tokens) })
const breakerStore: BreakerStore = memoryStore()
const own: Provider = openaiCompatible({ name: 'own', baseUrl: 'https://example.com/v1' })
const options: Options = { ...hooks, breakerStore, providers: { own } }
const gate = streamgate({ targets: [{ provider: 'openai', api_key: process.env.KEY }, { provider: 'own' }] }, options)
// @ts-expect-error A config has a type.
const misspelt: StreamgateConfig = { tragets: [] }
// @ts-expect-error And knows the providers.
streamgate({ provider: 'others' }, { providers: { own } })

express().use('/v1', gate, (_req, res) => res.locals.streamgate?.outcome satisfies string | undefined)
const refuse = (request: ChatRequest) => apiError(400, request.model)
const bare = (req: IncomingMessage, res: ServerResponse): void => gate(req, res)
const shared: BreakerStore = redisStore({ call: async (name: string, ...args: string[]) => [name, ...args] })
// @ts-expect-error The hooks' arguments have types.
const wrong: Hooks = { onFinish: ({ outcme }) => outcme }

const inProcess: typeof fetch = createFetch({ provider: 'openai' })

export { bare, inProcess, ConfigError, misspelt, refuse, schema, shared, wrong }
`

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    noEmit: true,
  },
})

describe('the package, installed', function () {
  this.timeout(300_000)
  let tarball = ''
  let provider: Scripted
  before(async () => {
    tarball = await pack()
    provider = await scripted({ chunks: answer('installed') })
  })
  after(async () => {
    removeAll()
    await provider.close()
  })

  describe('into an ESM project', () => {
    let esm: Project | undefined
    before(async function () {
      const files = {
        'main.js': `import http from 'node:http'\nimport { streamgate } from 'streamgate'\n${PROGRAM}`,
        'gateway.json': JSON.stringify({ provider: 'openai', api_key: 'k', custom_host: provider.url }),
      }
      esm = await project({ type: 'module' }, files, tarball)
      if (esm === undefined) this.skip()
    })
    const installed = () => esm as Project

    it('answers', async () => {
      const { stdout, stderr } = await installed().run(process.execPath, 'main.js', provider.url)
      assert.deepEqual({ stdout, stderr }, { stdout: 'installed\n', stderr: '' })
    })

    it('brings nothing that it does not need, and no optional peer', async () => {
      const { stdout } = await installed().run('npm', 'ls', '--all', '--parseable')
      const names = stdout.split('\n').flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1] ?? [])
      for (const peer of ['express', '@copilotkit/aimock', '@opentelemetry/api', 'ioredis', '@types/node']) {
        assert.ok(!names.includes(peer), peer)
      }
      assert.ok(names.includes('http-proxy-middleware'))
    })

    for (const more of [[], ['--workers', '2']]) {
      it(`has a program that listens and answers, without express ${more.join(' ')}`, async () => {
        const { folder: cwd } = installed()
        const args = ['--config', 'gateway.json', '--port', '0', ...more]
        const program = spawn(join(cwd, 'node_modules/.bin/streamgate'), args, {
          cwd,
          stdio: ['ignore', 'pipe', 'ignore'],
        })
        const exited = once(program, 'exit')
        const answers: Awaited<ReturnType<typeof chat>>[] = []
        for await (const line of createInterface(program.stdout)) {
          const { msg, url } = JSON.parse(line)
          if (msg !== 'listening') continue
          answers.push(await chat(url))
          program.kill('SIGTERM')
        }
        assert.deepEqual(
          answers.map(({ text, done }) => ({ text, done })),
          [{ text: 'installed', done: true }],
        )
        assert.deepEqual(await exited, [0, null])
      })
    }

    it('has the documentation with it', () => {
      const { folder } = installed()
      for (const file of ['docs/README.md', 'docs/config.md', 'CHANGELOG.md'])
        assert.ok(existsSync(join(folder, 'node_modules/streamgate', file)), file)
    })

    it('has nothing in it that leads out of it, but to the web', () => {
      const cwd = join(installed().folder, 'node_modules/streamgate')
      for (const page of globSync('{*.md,docs/**/*.md}', { cwd })) {
        for (const [, link = ''] of readFileSync(join(cwd, page), 'utf8').matchAll(/\]\(([^)\s#]+)/g)) {
          const file = join(page, '..', link)
          assert.ok(
            /^https?:/.test(link) || (!file.startsWith('..') && existsSync(join(cwd, file))),
            `${page}: ${link}`,
          )
        }
      }
    })

    it('has its commands', async () => {
      const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
      const told = await installed().run('npx', '--no-install', 'streamgate', '--version')
      assert.equal(told.stdout, `${version}\n`)
      const check = await installed().run('npx', '--no-install', 'streamgate', 'check', 'gateway.json')
      assert.match(check.stdout, /gateway\.json: 1 target, nothing wrong/)
      const replay = await installed().run('npx', '--no-install', 'streamgate', 'replay', '--help')
      assert.match(replay.stdout, /^Usage: streamgate replay/)
    })

    it('tells how to get the offline mode', async () => {
      const { code, stderr } = await installed().run('npx', '--no-install', 'streamgate', '--port', '0')
      assert.match(stderr, /npx -p streamgate -p @copilotkit\/aimock streamgate/)
      assert.equal(code, 1)
    })
  })

  it('into a CommonJS project, answers', async function () {
    const main = `const http = require('node:http')\nconst { streamgate } = require('streamgate')\n${PROGRAM}`
    const cjs = await project({}, { 'main.js': main }, tarball)
    if (cjs === undefined) return this.skip()
    const { stdout, stderr } = await cjs.run(process.execPath, 'main.js', provider.url)
    assert.equal(stdout, 'installed\n', stderr)
  })

  it('into a TypeScript project that checks the types of its libraries, has right ones', async function () {
    const common =
      "import gate = require('streamgate')\ngate.streamgate({ provider: 'openai' }) satisfies gate.Streamgate\n"
    const files = { 'main.ts': TYPED, 'common.cts': common, 'tsconfig.json': TSCONFIG }
    const packages = ['typescript@5', '@types/node@22', 'express@5', '@types/express@5', '@opentelemetry/api@1']
    const typed = await project({ type: 'module' }, files, tarball, ...packages)
    if (typed === undefined) return this.skip()
    const { code, stdout } = await typed.run(process.execPath, 'node_modules/typescript/bin/tsc')
    assert.equal(stdout, '')
    assert.equal(code, 0)
  })
})
