import { type Call, choiceOf, finish, type Reading } from './reading.ts'
import type { Event } from './wire.ts'

interface PartialArgument {
  jsonPath: string
  stringValue?: string
  numberValue?: number
  boolValue?: boolean
}
interface Part {
  text?: string
  thought?: boolean
  inlineData?: { mimeType: string; data: string }
  functionCall?: {
    id?: string
    name?: string
    args?: Record<string, unknown>
    partialArgs?: PartialArgument[]
    willContinue?: boolean
  }
}
interface Frame {
  candidates?: { index?: number; content?: { parts?: Part[] }; finishReason?: string | number }[]
  promptFeedback?: { blockReason?: string }
  usageMetadata?: {
    promptTokenCount?: number
    toolUsePromptTokenCount?: number
    cachedContentTokenCount?: number
    candidatesTokenCount?: number
    thoughtsTokenCount?: number
    totalTokenCount?: number
  }
  error?: { code?: number }
}

/** The numbers are those of Google's enum, for servers that were asked for them. */
const FINISH: Record<string, string> = {
  1: 'stop',
  2: 'length',
  3: 'content_filter',
  4: 'content_filter',
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
}

/** There is no terminal: the body's end is one, once a reason was told. */
export function readGemini(events: readonly Event[], reading: Reading): void {
  for (const { data } of events) {
    const frame = JSON.parse(data) as Frame
    if (frame.error) {
      reading.error = { status: frame.error.code }
      return
    }
    for (const { index, content, finishReason } of frame.candidates ?? []) {
      const choice = choiceOf(reading, index)
      for (const part of content?.parts ?? []) {
        if (part.functionCall) readCall(choice.calls, part.functionCall)
        else if (part.thought) choice.reasoning += part.text ?? ''
        else choice.text += part.text ?? ''
        if (part.inlineData) {
          choice.text += `![image](data:${part.inlineData.mimeType};base64,${part.inlineData.data})`
        }
      }
      if (finishReason !== undefined) finish(reading, choice, FINISH, finishReason)
      if (reading.error) return
    }
    if (frame.promptFeedback?.blockReason) choiceOf(reading).finish = 'content_filter'

    const usage = frame.usageMetadata
    if (usage?.promptTokenCount !== undefined) {
      reading.usage = {
        prompt: usage.promptTokenCount + (usage.toolUsePromptTokenCount ?? 0),
        completion: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
        cached: usage.cachedContentTokenCount,
        reasoning: usage.thoughtsTokenCount,
      }
    }
  }
  reading.whole = true
}

/** A call comes whole, or opens with its name and goes on without it, one argument at a time. */
function readCall(calls: Call[], { id, name, args, partialArgs = [] }: NonNullable<Part['functionCall']>): void {
  if (name !== undefined) calls.push({ id, name, json: JSON.stringify(args ?? {}) })
  const call = calls.at(-1)
  if (call === undefined) return
  const known = JSON.parse(call.json) as Record<string, unknown>
  for (const { jsonPath, stringValue, numberValue, boolValue } of partialArgs) {
    const key = jsonPath.replace(/^\$\./, '')
    known[key] = stringValue === undefined ? (numberValue ?? boolValue ?? null) : `${known[key] ?? ''}${stringValue}`
  }
  call.json = JSON.stringify(known)
}
