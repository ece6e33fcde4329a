import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { LLMock } from '@copilotkit/aimock'
import { readArguments } from '../../lib/cli/arguments.ts'
import { check } from '../../lib/cli/check.ts'
import { fillIn } from '../../lib/cli/config-file.ts'
import { parseConfig } from '../../lib/config.ts'
import { executed } from '../cli/executed.ts'
import { cleanUp, type Program, run, standalone } from '../examples/process.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { KEY, keysIn, oneByOne, PRELOAD, snippetFolder } from './programs.ts'
import { pages, readPage, root, type Snippet, snippetsOf } from './snippets.ts'

/** What is not run: the beginning of each, and why. Nothing else may be marked `no-run`. */
const NOT_RUN: Record<string, string> = {
  'docker build': 'there is no Docker engine in the tests; test/deploy checks the files',
  'OPENAI_API_KEY=sk-… ANTHROPIC_API_KEY=sk-… docker compose': 'there is no Docker engine in the tests',
  'python3 -m venv': 'there may be no Python in the tests; python.test.ts asks for what is installed',
  'STREAMGATE_TOKEN=any codex': 'agents.test.ts runs it where the agent is installed',
  'ANTHROPIC_BASE_URL=http://localhost:8787 ANTHROPIC_AUTH_TOKEN=any claude': 'the same',
  'opencode run': 'the same',
  'OPENAI_BASE_URL=http://localhost:8787/v1 OPENAI_API_KEY=any OPENAI_MODEL=gpt-5.5 qwen': 'the same',
  'cn --config': 'the same',
  'OPENAI_API_BASE_URL=http://localhost:8787/v1': 'open-webui.test.ts runs it where it is installed',
  'aider --openai-api-base': 'agents.test.ts runs it',
  'kubectl apply': 'there is no cluster in the tests; test/deploy checks the file',
}

/** Environment, program, arguments. A quoted text may hold anything; outside of quotes nothing that begins a second command. */
const COMMAND =
  /^((?:\w+=\S+ )*)(npm ci|npm install|npm start|npm test|npx streamgate|curl)\b((?:'[^']*'|[^'"`;&|$()<>])*)$/

/** Fences of these languages are shown only, or used by a test of their own: python.test.ts, agents.test.ts. */
const ELSEWHERE = ['', 'text', 'python', 'toml', 'yaml']

const snippets = pages().flatMap(snippetsOf)
const tried = snippets.filter(({ info }) => !info.includes('no-run'))
const of = (...languages: string[]) => tried.filter(({ language }) => languages.includes(language))
const titleOf = ({ file, line, text }: Snippet) => `${file}:${line}  ${text.split('\n')[0]?.slice(0, 60)}`
const shell = promisify(execFile)

describe('the snippets of the documentation', function () {
  this.timeout(30_000)
  const folder = snippetFolder()
  const emulator = new LLMock({ port: 0 }).on({}, { content: 'Hello from the emulator.' })
  const environment: Record<string, string> = { ...keysIn(snippets) }
  let gateway: Program & { url: string }

  before(async () => {
    environment.EMULATOR_PORT = new URL(await emulator.start()).port
    // Clients of it may name a provider of their own, and meet the emulator.
    gateway = await standalone(['--allow-request-config'], { node: ['--import', PRELOAD], env: environment })
    environment.GATEWAY_PORT = new URL(gateway.url).port
  })
  after(async () => {
    await cleanUp()
    await emulator.stop()
    folder.remove()
  })

  it('are all of a kind that is run, or of one that is only shown', () => {
    for (const { file, line, language } of snippets) {
      assert.ok(
        ['ts', 'js', 'json', 'sh', ...ELSEWHERE].includes(language),
        `${file}:${line} is of language ${language}`,
      )
    }
  })

  it('are run, but for those that cannot be', () => {
    const marked = snippets.filter((each) => !tried.includes(each)).map(({ text }) => text)
    for (const text of marked) assert.ok(reasonOf(text), `not in the list of what is not run: ${text}`)
    for (const start of Object.keys(NOT_RUN))
      assert.ok(
        marked.some((text) => text.startsWith(start)),
        start,
      )
  })

  it('have the types that the package tells', async () => {
    const extended = { extends: '../tsconfig.json', compilerOptions: { types: ['node'] }, include: ['*.ts'] }
    writeFileSync(join(folder.path, 'tsconfig.json'), JSON.stringify(extended))
    for (const snippet of of('ts')) folder.write(snippet)
    await shell(process.execPath, [
      fileURLToPath(new URL('node_modules/typescript/bin/tsc', root)),
      '-p',
      folder.path,
      '--singleThreaded',
    ]).catch(({ stdout }: { stdout: string }) => assert.fail(stdout))
  })

  describe('as programs that listen', () => {
    const programs = oneByOne(environment)
    after(() => programs.kill())

    for (const snippet of of('ts', 'js').filter(listens)) {
      it(titleOf(snippet), async () => {
        const begun = await programs.run(folder.write(snippet))
        assert.ok('port' in begun, `it does not listen: ${begun.printed}`)
        const url = `http://127.0.0.1:${begun.port}${mountOf(snippet)}`
        const { done, status, body } = await chat(url, HELLO, { authorization: `Bearer ${KEY}` })
        assert.deepEqual({ status, done }, { status: 200, done: true }, body + begun.printed)
      })
    }
  })

  describe('as programs that end', () => {
    const programs = oneByOne(environment)
    after(() => programs.kill())

    for (const snippet of of('ts', 'js').filter((each) => !listens(each))) {
      it(titleOf(snippet), async () => {
        const { printed, ...ended } = await programs.run(folder.write(snippet))
        assert.deepEqual(ended, { code: 0 }, printed)
      })
    }

    it('keep no process', async () => {
      assert.equal(await programs.end(), 0)
    })
  })

  describe('as configs', () => {
    for (const snippet of of('json')) {
      it(titleOf(snippet), () => {
        if (snippet.info === '') return void parseConfig(fillIn(JSON.parse(snippet.text), environment), {})
        // Lines that a program prints, or the file of another program.
        const texts = snippet.info === 'output' ? snippet.text.trim().split('\n') : [snippet.text]
        for (const text of texts) JSON.parse(text)
      })
    }
  })

  describe('in a shell', () => {
    for (const snippet of of('sh')) {
      it(titleOf(snippet), async () => {
        for (const command of commandsOf(snippet)) await runCommand(command)
      })
    }
  })

  /** Only what is known here is run: a page that says `npm ci` must not install anything into this project. */
  async function runCommand(command: string): Promise<void> {
    const [, assignments = '', program = '', rest = ''] = COMMAND.exec(command) ?? []
    const env = { ...environment, ...Object.fromEntries(assignments.split(' ').map((each) => each.split('='))) }
    switch (program) {
      case 'npm ci':
      case 'npm install':
        return knowsPackages(rest)
      case 'npm test':
        return assert.equal(rest, '', 'these tests are what it runs')
      case 'npm start':
      case 'npx streamgate':
        return streamgateProgram(rest.replace(/^ -- /, ' ').split(/\s+/).filter(Boolean), env)
      case 'curl': {
        const asked = rest.replaceAll(/(localhost|127\.0\.0\.1):8787/g, new URL(gateway.url).host)
        const { stdout } = await shell('sh', ['-c', `curl --silent --show-error --fail-with-body ${asked}`])
        return assert.notEqual(stdout, '')
      }
      default:
        assert.fail(`The tests do not run this command, mark its snippet no-run: ${command}`)
    }
  }

  /** What commands have started, by all that the program makes of it: pages that say the same share a start. */
  const started = new Map<string, Promise<void>>()

  async function streamgateProgram(args: string[], env: Record<string, string>): Promise<void> {
    const cwd = new URL('deploy/', root)
    const given = args.map((arg) => (existsSync(new URL(arg, cwd)) ? fileURLToPath(new URL(arg, cwd)) : arg))
    if (args[0] === 'check') {
      const { code, stderr } = await executed(check, given.slice(1), { env })
      return assert.equal(code, 0, stderr)
    }
    const isCommand = args[0]?.startsWith('-') === false
    const all = isCommand ? given : [...given, '--port', '0']
    const means = JSON.stringify([isCommand ? all : readArguments(all, env), env])
    const running = started.get(means) ?? startProgram(all, env)
    started.set(means, running)
    return running
  }

  /** A gateway listens and is stopped; anything else has to end well. */
  async function startProgram(args: string[], env: Record<string, string>): Promise<void> {
    const program = run('standalone', args, { env })
    const code = await Promise.race([program.exited, program.logged('listening').catch(() => program.exited)])
    if (typeof code === 'number') assert.equal(code, 0, program.stderr())
    else program.child.kill('SIGTERM')
    await program.exited
  }
})

function reasonOf(text: string): string | undefined {
  return Object.entries(NOT_RUN).find(([start]) => text.startsWith(start))?.[1]
}

function listens({ text }: Snippet): boolean {
  return /\b(listen|serve)\(/.test(text)
}

/** Where the snippet mounts streamgate: the last path ahead of it that ends in /v1. The client adds that itself. */
function mountOf({ text }: Snippet): string {
  return /'((?:\/[\w-]+)*)\/v1'/.exec(text)?.[1] ?? ''
}

/** Without comments; what goes on in the next line is one command. */
function commandsOf({ text }: Snippet): string[] {
  return text
    .replaceAll(/\\\n\s*/g, '')
    .split(/\n| && /)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
}

/** Nothing is installed by a test; but what is to be installed must be what we have tried. */
function knowsPackages(args: string): void {
  const { name } = JSON.parse(readPage('package.json')) as { name: string }
  for (const each of args.split(/\s+/).filter((arg) => arg !== '' && !arg.startsWith('-'))) {
    const wanted = each.replace(/(?<=.)@[^/]*$/, '')
    assert.ok(wanted === name || existsSync(new URL(`node_modules/${wanted}/package.json`, root)), wanted)
  }
}
