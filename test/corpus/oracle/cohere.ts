import { choiceOf, type Reading } from './reading.ts'
import type { Event } from './wire.ts'

interface Usage {
  tokens?: { input_tokens?: number; output_tokens?: number; reasoning_tokens?: number }
  billed_units?: { input_tokens?: number; output_tokens?: number }
  cached_tokens?: number
}
interface EventV2 {
  type: string
  delta?: {
    message?: {
      content?: { text?: string; thinking?: string }
      tool_plan?: string
      tool_calls?: { id?: string; function?: { name?: string; arguments?: string } }
    }
    finish_reason?: string
    usage?: Usage
  }
}
interface EventV1 {
  event_type: string
  is_finished: boolean
  text?: string
  tool_calls?: { name: string; parameters?: unknown }[]
  finish_reason?: string
  response?: { finish_reason?: string; meta?: Usage }
}

const FINISH: Record<string, string> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  USER_CANCEL: 'stop',
  MAX_TOKENS: 'length',
  ERROR_LIMIT: 'length',
  TOOL_CALL: 'tool_calls',
  ERROR_TOXIC: 'content_filter',
}

export function readCohereV2(events: readonly Event[], reading: Reading): void {
  const choice = choiceOf(reading)
  for (const { data } of events) {
    const { type, delta } = JSON.parse(data) as EventV2
    const message = delta?.message
    choice.text += type === 'content-delta' ? (message?.content?.text ?? '') : ''
    choice.reasoning += type === 'content-delta' ? (message?.content?.thinking ?? '') : ''
    choice.reasoning += type === 'tool-plan-delta' ? (message?.tool_plan ?? '') : ''
    const told = message?.tool_calls
    if (type === 'tool-call-start') {
      choice.calls.push({ id: told?.id, name: told?.function?.name ?? '', json: told?.function?.arguments ?? '' })
    }
    const call = choice.calls.at(-1)
    if (type === 'tool-call-delta' && call) call.json += told?.function?.arguments ?? ''
    if (type === 'message-end') {
      end(reading, delta?.finish_reason, delta?.usage)
      return
    }
  }
}

/** The plan and the calls are told in pieces, whole, and whole once more at the end: the second time counts. */
export function readCohereV1(events: readonly Event[], reading: Reading): void {
  const choice = choiceOf(reading)
  for (const { data } of events) {
    const event = JSON.parse(data) as EventV1
    if (event.event_type === 'text-generation') choice.text += event.text ?? ''
    if (event.event_type === 'tool-calls-generation') {
      choice.reasoning = event.text ?? ''
      for (const { name, parameters } of event.tool_calls ?? []) {
        choice.calls.push({ id: undefined, name, json: JSON.stringify(parameters ?? {}) })
      }
    }
    if (event.is_finished) {
      end(reading, event.finish_reason ?? event.response?.finish_reason, event.response?.meta)
      return
    }
  }
}

function end(reading: Reading, reason = '', usage: Usage = {}): void {
  const finish = FINISH[reason]
  if (finish === undefined) {
    reading.error = { status: undefined }
    return
  }
  choiceOf(reading).finish = finish
  reading.whole = true
  const prompt = usage.tokens?.input_tokens ?? usage.billed_units?.input_tokens
  const completion = usage.tokens?.output_tokens ?? usage.billed_units?.output_tokens
  if (prompt !== undefined && completion !== undefined) {
    reading.usage = { prompt, completion, cached: usage.cached_tokens, reasoning: usage.tokens?.reasoning_tokens }
  }
}
