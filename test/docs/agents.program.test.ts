import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { LLMock } from '@copilotkit/aimock'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { type Snippet, snippetsOf } from './snippets.ts'

/** The folders of the agents' programs, as in PATH. Not looked for elsewhere: they would do what a developer's own settings say. */
const { DOCS_AGENTS = '' } = process.env

const snippets = snippetsOf('docs/agents.md')
const commands = snippets.filter(({ language }) => language === 'sh')

const programOf = ({ text }: Snippet) => /^(?:\w+=\S+ )*(\w+)/.exec(text)?.[1] ?? ''

/** What the page shows between the command before this one and this: the agent's file, named by what stands behind its language. */
function fileOf(command: Snippet): Snippet | undefined {
  const before = commands[commands.indexOf(command) - 1]?.line ?? 0
  return snippets.find(({ line, info, language }) => {
    return line > before && line < command.line && info !== '' && language !== 'sh'
  })
}

describe('the coding agents of docs/agents.md', function () {
  this.timeout(120_000)
  const opened = cleanup()
  // It speaks chat completions and Responses: what is asked in the one may be passed on in the other.
  const emulator = new LLMock({ port: 0 }).on({}, { content: 'Hello from the gateway.' })
  let home: string
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'streamgate-agent-'))
  })
  before(() => emulator.start())
  after(() => emulator.stop())
  afterEach(() => {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  })

  for (const command of commands) {
    it(`show an answer: ${programOf(command)}`, async function () {
      const env = {
        HOME: home,
        PATH: [DOCS_AGENTS, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
        // They ask nobody but the gateway, as far as they let one say so.
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        CONTINUE_TELEMETRY_ENABLED: '0',
        AIDER_ANALYTICS: 'false',
        AIDER_CHECK_UPDATE: 'false',
        AIDER_SHOW_MODEL_WARNINGS: 'false',
      }
      const found = spawnSync('sh', ['-c', `command -v ${programOf(command)}`], { env }).status === 0
      if (DOCS_AGENTS === '' || !found) this.skip()
      const config = target(emulator.url, { models: { '*': 'gpt-5.5' } })
      const { url } = await opened(gateway(config))
      const here = (text: string) => text.replaceAll('http://localhost:8787', url)
      const file = fileOf(command)
      if (file !== undefined) {
        mkdirSync(dirname(join(home, file.info)), { recursive: true })
        writeFileSync(join(home, file.info), here(file.text))
      }
      const run = promisify(execFile)('sh', ['-c', here(command.text)], { env, cwd: home })
      run.child.stdin?.end()
      const { stdout } = await run
      assert.match(stdout.replaceAll(/\s+/g, ' '), /Hello from the gateway\./)
    })
  }
})
