import type { Client, Turn, TurnOptions } from './client.ts'
import { fromNpm, printed } from './program.ts'

const version = '2.1.332'

/** Anthropic's Claude Code, by Messages. */
export const claudeCode: Client = {
  ...{ name: 'Claude Code', version, streams: [true] },
  call: (command) => ({ name: 'Bash', arguments: { command, description: 'Runs it' } }),
  async start() {
    const bin = await fromNpm('@anthropic-ai/claude-code', version, 'claude')
    return { turn: (options) => turnWith(bin, options), close() {} }
  },
}

async function turnWith(bin: string, { baseURL, model, prompt, workDir, homeDir }: TurnOptions): Promise<Turn> {
  const args = ['-p', prompt, '--model', model, '--output-format', 'stream-json', '--verbose']
  const { code, stdout } = await printed(bin, [...args, '--allowedTools', 'Bash'], {
    cwd: workDir,
    env: {
      HOME: homeDir,
      CLAUDE_CONFIG_DIR: homeDir,
      ANTHROPIC_BASE_URL: baseURL.replace(/\/v1$/, ''),
      ANTHROPIC_API_KEY: 'sk-client',
      ANTHROPIC_SMALL_FAST_MODEL: model,
      CLAUDE_CODE_MAX_RETRIES: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_TELEMETRY: '1',
    },
  })
  return readTurn(code, stdout)
}

interface ClaudeEvent {
  type: string
  is_error?: boolean
  result?: string
  message?: { content: { type: string; text?: string }[] }
}

/** The texts that people are shown; the last event says how the turn ended. */
function readTurn(code: number | null, stdout: string): Turn {
  const events = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as ClaudeEvent)
  const texts = events.flatMap(({ type, message }) =>
    type === 'assistant'
      ? (message?.content ?? []).flatMap(({ type: kind, text }) => (kind === 'text' ? [text ?? ''] : []))
      : [],
  )
  const result = events.find(({ type }) => type === 'result')
  const failed = result === undefined || result.is_error === true || code !== 0
  return { texts, error: failed ? (result?.result ?? `it ended with ${code}`) : undefined }
}
