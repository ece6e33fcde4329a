import { readAnthropic } from './anthropic.ts'
import { readCohereV1 } from './cohere.ts'
import { readOpenai } from './openai.ts'
import { choiceOf, finish, type Reading } from './reading.ts'
import { awsFrames, type Event } from './wire.ts'

interface Converse {
  contentBlockIndex?: number
  start?: { toolUse?: { toolUseId: string; name: string; type?: string } }
  delta?: { text?: string; toolUse?: { input?: string }; reasoningContent?: { text?: string } }
  stopReason?: string
  usage?: {
    inputTokens: number
    outputTokens: number
    cacheReadInputTokens?: number
    cacheWriteInputTokens?: number
  }
}

const FINISH: Record<string, string> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
}

/** Exceptions as HTTP would tell them. */
const STATUS: Record<string, number> = {
  validationException: 400,
  throttlingException: 429,
  internalServerException: 500,
  serviceUnavailableException: 503,
}

export function readConverse(body: Buffer, reading: Reading): void {
  const { events, rest } = framesOf(body, reading)
  converse(events, reading)
  // Neither `messageStop` nor `metadata` is a promised last event: the body's end is.
  reading.whole = reading.error === undefined && !rest && choiceOf(reading).finish !== undefined
}

function converse(events: readonly Event[], reading: Reading): void {
  const choice = choiceOf(reading)
  let call: { block: number | undefined; json: string } | undefined
  for (const { name, data } of events) {
    const { contentBlockIndex: block, start, delta, stopReason, usage } = JSON.parse(data) as Converse
    const tool = start?.toolUse
    // What the model calls on Amazon's side is not for the client.
    if (name === 'contentBlockStart' && tool && tool.type !== 'server_tool_use') {
      const fresh = { id: tool.toolUseId, name: tool.name, json: '', block }
      choice.calls.push(fresh)
      call = fresh
    }
    if (name === 'contentBlockDelta') {
      choice.text += delta?.text ?? ''
      choice.reasoning += delta?.reasoningContent?.text ?? ''
      if (call?.block === block && call !== undefined) call.json += delta?.toolUse?.input ?? ''
    }
    if (name === 'messageStop') finish(reading, choice, FINISH, stopReason ?? '')
    if (name === 'metadata' && usage) {
      const cached = usage.cacheReadInputTokens ?? 0
      reading.usage = {
        prompt: usage.inputTokens + cached + (usage.cacheWriteInputTokens ?? 0),
        completion: usage.outputTokens,
        cached,
      }
    }
  }
}

/** The whole frames up to the first exception. */
function framesOf(body: Buffer, reading: Reading): { events: Event[]; rest: boolean } {
  const { events, rest } = awsFrames(body)
  const exception = events.findIndex(({ name }) => name?.startsWith('!'))
  if (exception === -1) return { events, rest }
  reading.error = { status: STATUS[events[exception]?.name?.slice(1) ?? ''] }
  return { events: events.slice(0, exception), rest }
}

interface Metrics {
  'amazon-bedrock-invocationMetrics'?: { inputTokenCount: number; outputTokenCount: number }
}
interface Llama {
  generation?: string
  stop_reason?: string | null
}
interface Titan {
  outputText?: string
  inputTextTokenCount?: number
  totalOutputTextTokenCount?: number
  completionReason?: string | null
  'amazon-bedrock-guardrailAction'?: string
}

/** Each frame holds one event of the model's own API; `inner` says which, in the index's words. */
export function readInvoke(body: Buffer, inner: string, reading: Reading): void {
  const { events: frames, rest } = framesOf(body, reading)
  const events = frames.map(({ data }): Event => {
    const { bytes } = JSON.parse(data) as { bytes: string }
    return { name: undefined, data: Buffer.from(bytes, 'base64').toString() }
  })
  const choice = choiceOf(reading)
  const metrics = events
    .map(({ data }) => (JSON.parse(data) as Metrics)['amazon-bedrock-invocationMetrics'])
    .find((told) => told !== undefined)

  switch (inner) {
    case 'anthropic_messages':
      readAnthropic(events, reading)
      break
    case 'cohere':
      readCohereV1(events, reading)
      break
    case 'openai_like':
      readOpenai(events, reading)
      splitReasoning(reading)
      break
    case 'nova':
      converse(
        events.flatMap(({ data }) =>
          Object.entries(JSON.parse(data) as object).map(([name, told]) => ({ name, data: JSON.stringify(told) })),
        ),
        reading,
      )
      break
    case 'llama':
      for (const { generation, stop_reason } of events.map(({ data }) => JSON.parse(data) as Llama)) {
        choice.text += generation ?? ''
        if (stop_reason) choice.finish = stop_reason
      }
      break
    case 'titan':
      readTitan(events, reading)
      break
    default:
      // An API that we do not speak, such as Claude's old text completions: nothing of it may come out.
      return
  }
  // Bedrock's metrics come with the last event.
  reading.whole = metrics !== undefined || !rest
  if (metrics && reading.usage === undefined) {
    reading.usage = { prompt: metrics.inputTokenCount, completion: metrics.outputTokenCount }
  }
}

/** The last event is the one that counts the output; what a guardrail refused has no reason of its own. */
function readTitan(events: readonly Event[], reading: Reading): void {
  const choice = choiceOf(reading)
  let prompt = 0
  for (const { data } of events) {
    const told = JSON.parse(data) as Titan
    choice.text += told.outputText ?? ''
    prompt = told.inputTextTokenCount ?? prompt
    if (told.totalOutputTextTokenCount === undefined) continue
    reading.usage = { prompt, completion: told.totalOutputTextTokenCount }
    if (told.completionReason) choice.finish = told.completionReason === 'LENGTH' ? 'length' : 'stop'
    else choice.finish = told['amazon-bedrock-guardrailAction'] === 'INTERVENED' ? 'content_filter' : 'stop'
  }
}

/** gpt-oss thinks inside of its content. */
function splitReasoning(reading: Reading): void {
  for (const choice of reading.choices.values()) {
    choice.text = choice.text.replace(/<reasoning>([\s\S]*?)<\/reasoning>/, (_, thought: string) => {
      choice.reasoning += thought
      return ''
    })
  }
}
