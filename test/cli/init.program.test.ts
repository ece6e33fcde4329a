import assert from 'node:assert/strict'
import { type ExecFileException, execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { check } from '../../lib/cli/check.ts'
import type { Command } from '../../lib/cli/command.ts'
import { readConfig } from '../../lib/cli/config-file.ts'
import { startingPoint } from '../../lib/cli/init/starting-point.ts'
import { init } from '../../lib/cli/init.ts'
import { targetsOf } from '../../lib/config/targets-of.ts'
import { parseConfig, type ResolvedTarget } from '../../lib/config.ts'
import { executed } from './executed.ts'

const MAIN = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url))

describe('streamgate init', function () {
  this.timeout(20_000)
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'streamgate-init-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** Runs a command in the folder, with nothing in its environment but this. */
  async function run<Args>(command: Command<Args>, args: string[] = [], env: Record<string, string> = {}) {
    const before = process.cwd()
    const none = Object.fromEntries(Object.keys(process.env).map((name) => [name, '']))
    process.chdir(folder)
    try {
      return await executed(command, args, { env: { ...none, ...env } })
    } finally {
      process.chdir(before)
    }
  }

  /** The same by the program, which takes `.env` in before. */
  function streamgate(args: string[], env: Record<string, string> = {}) {
    const { PATH, NODE_COMPILE_CACHE } = process.env
    const options = { cwd: folder, env: { PATH, NODE_COMPILE_CACHE, ...env } }
    return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [MAIN, ...args], options, (error: ExecFileException | null, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      )
    })
  }
  const written = (name: string) => readFileSync(join(folder, name), 'utf8')

  it('writes a config for the providers whose keys are there, which check finds right', async () => {
    const env = { ANTHROPIC_API_KEY: 'a', GROQ_API_KEY: 'g' }
    const { code, stdout } = await run(init, [], env)
    assert.equal(code, 0)
    assert.match(stdout, /for the keys found: anthropic, groq\.\n[\s\S]*npx streamgate --config gateway\.json/)
    assert.deepEqual(readdirSync(folder).sort(), ['.env.example', 'gateway.json'])
    assert.match(written('gateway.json'), /\/\/ What may stand here/)
    const checked = await run(check, ['gateway.json'], env)
    assert.match(checked.stdout, /gateway\.json: 2 targets, nothing wrong/)
  })

  it('takes keys from .env, as all of the program does; a variable that is set wins over it', async () => {
    writeFileSync(join(folder, '.env'), 'MISTRAL_API_KEY=m\nKEY=groq\n')
    assert.match((await streamgate(['init'])).stdout, /keys found: mistral-ai\./)
    const targets = ['{ "provider": "$KEY", "api_key": "k" }', '{ "provider": "groq", "api_key": "$MISTRAL_API_KEY" }']
    writeFileSync(join(folder, 'both.json'), `{ "targets": [${targets}] }`)
    const { stdout } = await streamgate(['check', 'both.json'], { KEY: 'openai' })
    assert.match(stdout, /2 targets, nothing wrong\nfrom the environment: KEY, MISTRAL_API_KEY/)
    assert.match(stdout, /api\.openai\.com/)
  })

  it('names two providers without any key, whose variables .env.example has', async () => {
    assert.match((await run(init)).stdout, /two providers, as an example/)
    assert.deepEqual(parseEnv(written('.env.example')), { OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '' })
  })

  for (const name of ['gateway.json', '.env.example']) {
    it(`writes nothing where ${name} is there already`, async () => {
      writeFileSync(join(folder, name), 'mine')
      const { code, stderr } = await run(init)
      assert.deepEqual([code, stderr], [1, `streamgate: ${name} exists already, and init writes over nothing\n`])
      assert.deepEqual(readdirSync(folder), [name])
      assert.equal(written(name), 'mine')
    })
  }

  it('refuses arguments', async () => {
    assert.equal((await run(init, ['x'])).code, 2)
  })

  it('says why .env cannot be read', async () => {
    mkdirSync(join(folder, '.env'))
    const { code, stderr } = await streamgate(['check', 'gateway.json'])
    assert.deepEqual([code, /^streamgate: \.env cannot be read: /.test(stderr)], [1, true], stderr)
  })

  it('is one of a program that tells its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    for (const flag of ['--version', '-v']) assert.equal((await streamgate([flag])).stdout, `${version}\n`)
  })
})

describe('the starting point of a config', () => {
  const ALL = {
    OPENAI_API_KEY: 'v',
    ANTHROPIC_API_KEY: 'v',
    GOOGLE_API_KEY: 'v',
    AZURE_OPENAI_API_KEY: 'v',
    AWS_ACCESS_KEY_ID: 'v',
    MISTRAL_API_KEY: 'v',
    CO_API_KEY: 'v',
    GROQ_API_KEY: 'v',
    TOGETHER_API_KEY: 'v',
  }

  it('is right for all providers, filled in as .env.example says', () => {
    const { config, env, found } = startingPoint(ALL, 'a-schema')
    const folder = mkdtempSync(join(tmpdir(), 'streamgate-start-'))
    writeFileSync(join(folder, 'gateway.json'), config)
    const filled = Object.fromEntries(Object.keys(parseEnv(env)).map((name) => [name, 'v']))
    const { route } = parseConfig(readConfig(join(folder, 'gateway.json'), filled))
    rmSync(folder, { recursive: true })
    assert.deepEqual(
      targetsOf(route).map(({ provider }: ResolvedTarget) => provider.name),
      found,
    )
    assert.equal(found.length, 9)
  })

  it('takes the name that is set, of several', () => {
    assert.match(startingPoint({ GOOGLE_API_KEY: 'v' }, 's').config, /"\$GOOGLE_API_KEY"/)
    assert.match(startingPoint({ GEMINI_API_KEY: 'v', GOOGLE_API_KEY: 'v' }, 's').config, /"\$GEMINI_API_KEY"/)
  })

  for (const [key, provider] of [
    ['OPENAI_API_KEY', 'anthropic'],
    ['ANTHROPIC_API_KEY', 'openai'],
    ['MISTRAL_API_KEY', 'anthropic'],
  ] as const) {
    it(`shows beside ${key} alone how a fallback is added, with its model`, () => {
      const { config } = startingPoint({ [key]: 'v' }, 'a-schema')
      const folder = mkdtempSync(join(tmpdir(), 'streamgate-start-'))
      const read = (text: string) => {
        writeFileSync(join(folder, 'gateway.json'), text)
        const environment = { [key]: 'v', ANTHROPIC_API_KEY: 'v', OPENAI_API_KEY: 'v' }
        return targetsOf(parseConfig(readConfig(join(folder, 'gateway.json'), environment)).route)
      }
      assert.equal(read(config).length, 1)
      const [, fallback] = read(config.replace('// { "provider"', '{ "provider"'))
      rmSync(folder, { recursive: true })
      assert.equal(fallback?.provider.name, provider)
      assert.deepEqual(Object.keys(fallback?.settings.models ?? {}), ['*'])
    })
  }

  it('shows no fallback where there is one', () => {
    assert.doesNotMatch(startingPoint({ OPENAI_API_KEY: 'v', GROQ_API_KEY: 'v' }, 's').config, /A fallback/)
  })

  it('counts no variable that is empty', () => {
    assert.deepEqual(startingPoint({ GROQ_API_KEY: '' }, 's').found, [])
  })
})
