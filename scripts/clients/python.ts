import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { NATIVE_OPENAI } from '../../test/clients/standalone.ts'
import type { Client, StartedClient, Turn, TurnOptions } from './client.ts'
import { fromPyPI, PATIENCE } from './program.ts'

interface Library {
  readonly name: string
  /** On PyPI, at the version that was tried, with the extras that it is tried with. */
  readonly package: string
  readonly version: string
  readonly extras?: string
  /** The file in `python/`, and its arguments. */
  readonly program: readonly [file: string, ...args: string[]]
  readonly others?: Client['others']
}

const OPENAI = { package: 'openai', version: '3.57.0' }
const ANTHROPIC = { package: 'anthropic', version: '2.14.0' }
const AGENTS = { package: 'openai-agents', version: '0.24.0' }
const PYDANTIC_AI = { package: 'pydantic-ai-slim', version: '2.68.0', extras: '[openai,anthropic]' }
const LANGCHAIN_OPENAI = { package: 'langchain-openai', version: '1.7.4' }
const LANGCHAIN_ANTHROPIC = { package: 'langchain-anthropic', version: '1.7.10' }
/** OpenAI itself is asked by the Responses API. */
const RESPONSES = { others: [NATIVE_OPENAI] }

const LIBRARIES: readonly Library[] = [
  { ...OPENAI, name: 'openai-python, chat completions', program: ['openai_chat.py'] },
  { ...OPENAI, ...RESPONSES, name: 'openai-python, Responses', program: ['openai_responses.py'] },
  { ...ANTHROPIC, name: 'anthropic-python', program: ['anthropic_messages.py'] },
  { ...ANTHROPIC, name: 'anthropic-python, its tool runner', program: ['anthropic_tool_runner.py'] },
  { ...LANGCHAIN_OPENAI, name: 'LangChain for Python, ChatOpenAI', program: ['langchain_chat.py', 'openai'] },
  {
    ...{ ...LANGCHAIN_OPENAI, ...RESPONSES, name: 'LangChain for Python, ChatOpenAI in its Responses mode' },
    program: ['langchain_chat.py', 'openai-responses'],
  },
  { ...LANGCHAIN_ANTHROPIC, name: 'LangChain for Python, ChatAnthropic', program: ['langchain_chat.py', 'anthropic'] },
  { ...AGENTS, name: 'OpenAI Agents SDK for Python, chat completions', program: ['openai_agents.py', 'chat'] },
  { ...AGENTS, ...RESPONSES, name: 'OpenAI Agents SDK for Python', program: ['openai_agents.py', 'responses'] },
  { ...PYDANTIC_AI, name: 'Pydantic AI, chat completions', program: ['pydantic_ai_agents.py', 'chat'] },
  { ...PYDANTIC_AI, ...RESPONSES, name: 'Pydantic AI, Responses', program: ['pydantic_ai_agents.py', 'responses'] },
  { ...PYDANTIC_AI, name: 'Pydantic AI, Messages', program: ['pydantic_ai_agents.py', 'messages'] },
]

/** Libraries for Python, each by a small program that has turns with it. */
export const PYTHON_CLIENTS: readonly Client[] = LIBRARIES.map(
  ({ name, package: from, version, extras = '', program: [file, ...args], others = [] }) => ({
    ...{ name, version, others },
    streams: [true, false],
    call: (command) => ({ name: 'run', arguments: { command } }),
    async start() {
      const python = await fromPyPI(`${from}${extras}==${version}`)
      return started(python, [fileURLToPath(new URL(`python/${file}`, import.meta.url)), ...args])
    },
  }),
)

/** A line of such a program, when a turn has ended. */
interface Ended {
  id: number
  texts?: string[]
  /** What the client raised. */
  error?: string
  /** What the client gave that is wrong, though it raised nothing. */
  broken?: string
}

/** One process has all turns: a Python that imports a client takes seconds to start. */
function started(python: string, args: readonly string[]): StartedClient {
  const child = spawn(python, args, {
    env: { ...process.env, NO_PROXY: '127.0.0.1', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close').then(([code]) => {
    throw new Error(`${args[0]} ended with ${code}`)
  })
  closed.catch(() => {})
  // A process that is gone is told by its end.
  child.stdin.on('error', () => {})
  const waiting = new Map<number, (ended: Ended) => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const ended = JSON.parse(line) as Ended
    waiting.get(ended.id)?.(ended)
    waiting.delete(ended.id)
  })
  let count = 0
  return {
    async turn({ baseURL, model, prompt, stream }: TurnOptions): Promise<Turn> {
      const id = count++
      const { promise: ending, resolve, reject } = Promise.withResolvers<Ended>()
      waiting.set(id, resolve)
      const patience = setTimeout(() => reject(new Error(`no end within ${PATIENCE / 1000} s`)), PATIENCE)
      child.stdin.write(`${JSON.stringify({ id, base_url: baseURL, model, prompt, stream })}\n`)
      const { texts = [], error, broken } = await Promise.race([ending, closed]).finally(() => clearTimeout(patience))
      if (broken !== undefined) throw new Error(broken)
      return { texts, error }
    },
    close: () => child.stdin.end(),
  }
}
