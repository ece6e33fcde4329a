/**
 * Writes the end of docs/providers.md: what of each provider is backed by streams that it really sent. Run it with
 * `node scripts/providers-table.ts`; it needs the recordings, which are not part of this project.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { UpstreamError } from '../lib/errors.ts'
import type { ChunkDelta, Usage } from '../lib/types/chunk.ts'
import { heardInStream } from '../test/corpus/heard.ts'
import { decode, type Run } from '../test/corpus/in-process.ts'
import type { Choice } from '../test/corpus/oracle/reading.ts'
import { bytesOf, errorBodies, type Recording, recorded, requestTextOf, streams } from '../test/corpus/recordings.ts'
import { providerOf, systemOf } from '../test/corpus/systems.ts'

const FILE = new URL('../docs/providers.md', import.meta.url)

const COLUMNS: readonly (readonly [system: string, title: string])[] = [
  ['openai', 'OpenAI'],
  ['openai responses', 'OpenAI Responses'],
  ['azure', 'Azure'],
  ['groq', 'Groq'],
  ['together', 'Together'],
  ['mistral', 'Mistral'],
  ['anthropic', 'Anthropic'],
  ['gemini', 'Gemini'],
  ['cohere', 'Cohere v2'],
  ['cohere v1', 'Cohere v1'],
  ['bedrock', 'Bedrock Converse'],
  ['bedrock invoke', 'Bedrock Invoke'],
]

/** One recorded stream, and what lib/ made of it. */
interface Result extends Run {
  recording: Recording
  choices: readonly Choice[]
  usage: Usage | undefined
}

const delta = (result: Result, told: (delta: ChunkDelta) => unknown) =>
  result.chunks.some((chunk) => chunk.choices.some((choice) => told(choice.delta)))
const finish = (reason: string) => (result: Result) => result.choices.some((choice) => choice.finish === reason)
const failed = (kind: string) => (result: Result) => result.error instanceof UpstreamError && result.error.kind === kind
const asked = (scenarios: string) => (result: Result) =>
  result.recording.scenarios.some((scenario) => scenarios.split(' ').includes(scenario))

const ANSWERS: Readonly<Record<string, (result: Result) => unknown>> = {
  text: ({ choices }) => choices.some(({ text }) => text !== ''),
  reasoning: ({ choices }) => choices.some(({ reasoning }) => reasoning !== ''),
  'tool calls': ({ choices }) => choices.some(({ calls }) => calls.length > 0),
  'parallel tool calls': ({ choices }) => choices.some(({ calls }) => calls.length > 1),
  refusal: ({ choices }) => choices.some(({ refusal }) => refusal !== ''),
  'citations (`annotations`)': (result) => delta(result, ({ annotations }) => annotations),
  logprobs: ({ chunks }) => chunks.some((chunk) => chunk.choices.some(({ logprobs }) => logprobs)),
  'several answers (`n` > 1)': ({ choices }) => choices.length > 1,
  'images out': ({ choices }) => choices.some(({ text }) => /!\[image\]\(data:/.test(text)),
  usage: ({ usage }) => usage,
  'cached tokens': ({ usage }) => usage?.prompt_tokens_details?.cached_tokens,
  'reasoning tokens': ({ usage }) => usage?.completion_tokens_details?.reasoning_tokens,
  'finish reason `stop`': finish('stop'),
  '`length`': finish('length'),
  '`tool_calls`': finish('tool_calls'),
  '`content_filter`': finish('content_filter'),
  'error inside the stream': failed('in-band'),
  'no end that counts, so an error': failed('truncated'),
}

const REQUESTS: Readonly<Record<string, (result: Result) => unknown>> = {
  tools: asked('tools_in_request'),
  'tool results': asked('tool_result_in_history'),
  'structured output': asked('json_schema json_mode'),
  'images in': asked('image_input'),
  'PDFs in': ({ recording }) => /application\/pdf|"format": ?"pdf"/.test(requestTextOf(recording)),
}

/** The page as it should be: its written part as it is, then what the recordings say. */
export async function providersPage(): Promise<string> {
  const [written = ''] = readPage().split(MARK, 1)
  const results: Result[] = []
  for (const recording of streams) {
    const answers = recording.scenarios.includes('n_gt_1') ? 2 : 1
    const run = await decode(recording, answers, [bytesOf(recording)])
    const { choices } = heardInStream({ frames: run.chunks })
    const usage = run.chunks.at(-1)?.usage ?? undefined
    results.push({ ...run, recording, choices: [...choices.values()], usage })
  }
  const of = (system: string) => results.filter(({ recording }) => systemOf(recording) === system)
  const counts = (rows: typeof ANSWERS) =>
    Object.entries(rows).map(([title, holds]) => [title, ...COLUMNS.map(([system]) => count(of(system).filter(holds)))])
  const bodies = COLUMNS.map(([system]) => errorBodies.filter((recording) => systemOf(recording) === system))

  return `${written}${MARK}${INTRODUCTION}
### Answers

${table([['recorded streams', ...COLUMNS.map(([system]) => count(of(system)))], ...counts(ANSWERS)])}

### Requests behind them

${table(counts(REQUESTS))}

### Errors in place of a stream

${table([
  ['recorded error bodies', ...bodies.map(count)],
  ['as statuses of ours', ...bodies.map(statuses)],
])}
`
}

const MARK = '<!-- Written by scripts/providers-table.ts from here on, from what the code makes of the recordings. -->'

const INTRODUCTION = `

## What is backed by recordings

The numbers count streams that the providers really sent, as public projects recorded them (${streams.length} streams and
${errorBodies.length} error bodies). Each is run through the provider's decoder, and a row counts the streams in whose
result the thing was seen. The tests in \`test/corpus\` hold every one of them against an independent reading of the same
bytes: text, reasoning, tool calls, finish reason and usage, through the middleware, streamed and not; in pieces of any
size; and cut at every place that matters, where none may look finished.

A dash means that no recording is at hand, not that it is unsupported: such cases are covered by hand-written streams in
\`test/providers\`. It does tell where the code rests on documentation alone.
`

function table(rows: readonly (readonly string[])[]): string {
  const heads = ['', ...COLUMNS.map(([, title]) => title)]
  const rule = heads.map((_, column) => (column === 0 ? '---' : '--:'))
  return [heads, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function count(items: readonly unknown[]): string {
  return items.length === 0 ? '–' : String(items.length)
}

function statuses(bodies: readonly Recording[]): string {
  const told = bodies.map((body) => providerOf(body).error(body.status, bytesOf(body).toString()).status)
  return [...new Set(told)].sort().join(' ') || '–'
}

/** The page as it is; empty if it was never written. */
export function readPage(): string {
  return existsSync(FILE) ? readFileSync(FILE, 'utf8') : ''
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!recorded) throw new Error('The recordings are not beside this checkout (../shared/corpus).')
  writeFileSync(FILE, await providersPage())
}
