import { NATIVE_OPENAI } from '../../test/clients/standalone.ts'
import type { Client, Turn, TurnOptions } from './client.ts'
import { fromNpm, printed } from './program.ts'

const version = '0.171.0'

/** OpenAI's Codex, by the Responses API. */
export const codex: Client = {
  ...{ name: 'Codex CLI', version, others: [NATIVE_OPENAI], streams: [true] },
  call: (cmd) => ({ name: 'exec_command', arguments: { cmd } }),
  async start() {
    const bin = await fromNpm('@openai/codex', version, 'codex')
    return { turn: (options) => turnWith(bin, options), close() {} }
  },
}

async function turnWith(bin: string, { baseURL, model, prompt, workDir, homeDir }: TurnOptions): Promise<Turn> {
  const provider = `{name="streamgate",base_url="${baseURL}",wire_api="responses",env_key="STREAMGATE_KEY"}`
  const settings = ['model_provider="streamgate"', `model_providers.streamgate=${provider}`]
  const args = ['exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox']
  const { code, stdout } = await printed(
    bin,
    [...args, '-C', workDir, '-m', model, ...settings.flatMap((each) => ['-c', each]), prompt],
    { env: { CODEX_HOME: homeDir, STREAMGATE_KEY: 'sk-client' } },
  )
  return readTurn(code, stdout)
}

interface CodexEvent {
  type: string
  item?: { type: string; text?: string }
  error?: { message: string }
}

function readTurn(code: number | null, stdout: string): Turn {
  const events = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as CodexEvent)
  const texts = events.flatMap(({ type, item }) =>
    type === 'item.completed' && item?.type === 'agent_message' ? [item.text ?? ''] : [],
  )
  const failed = events.find(({ type }) => type === 'turn.failed')
  const ended = events.some(({ type }) => type === 'turn.completed')
  const error = failed?.error?.message ?? (code === 0 && ended ? undefined : `it ended with ${code}`)
  return { texts, error }
}
