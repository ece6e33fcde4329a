import type { AgentClient, Turn } from './client.ts'
import { printed } from './program.ts'

/** Anthropic's Claude Code, by Messages. */
export const claudeCode: AgentClient = {
  name: 'Claude Code',
  package: '@anthropic-ai/claude-code',
  version: '2.1.332',
  bin: 'claude',
  call: (command) => ({ name: 'Bash', arguments: { command, description: 'Runs it' } }),
  async turn({ bin, baseURL, model, prompt, workDir, homeDir }) {
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
  },
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
