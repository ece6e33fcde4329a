import { parseJson } from '../../errors.ts'
import type { FinishReason } from '../../types/chunk.ts'
import type { Decoder } from '../../types/provider.ts'
import { count, object, text } from '../json.ts'
import { tokens } from './usage.ts'

const FINISH = new Map<unknown, FinishReason>([
  ['length', 'length'],
  ['LENGTH', 'length'],
  ['CONTENT_FILTERED', 'content_filter'],
])

/** `{"generation","prompt_token_count","generation_token_count","stop_reason"}`; the prompt is counted in the first. */
export function llamaDecoder(): Decoder {
  let prompt = 0
  return function* ({ data }) {
    const event = object(parseJson(data))
    prompt = count(event.prompt_token_count) ?? prompt
    yield { content: text(event.generation) }
    if (typeof event.stop_reason !== 'string') return
    yield {
      finish: FINISH.get(event.stop_reason) ?? 'stop',
      usage: tokens(prompt, count(event.generation_token_count) ?? 0),
      endAtEof: true,
    }
  }
}

/** `{"outputs":[{"text","stop_reason"}]}`. Source: docs.aws.amazon.com/bedrock, Mistral AI text completion. */
export function mistralTextDecoder(): Decoder {
  return function* ({ data }) {
    const { outputs } = object(parseJson(data))
    const output = object(Array.isArray(outputs) ? outputs[0] : undefined)
    yield { content: text(output.text) }
    if (typeof output.stop_reason === 'string') {
      yield { finish: FINISH.get(output.stop_reason) ?? 'stop', endAtEof: true }
    }
  }
}

/** The last event, and no other, counts the whole output. One that a guardrail blocked has no reason of its own. */
export function titanDecoder(): Decoder {
  let prompt = 0
  return function* ({ data }) {
    const event = object(parseJson(data))
    prompt = count(event.inputTextTokenCount) ?? prompt
    yield { content: text(event.outputText) }
    const completion = count(event.totalOutputTextTokenCount)
    if (completion === undefined) return
    const blocked = event.completionReason == null && event['amazon-bedrock-guardrailAction'] === 'INTERVENED'
    const finish = blocked ? 'content_filter' : (FINISH.get(event.completionReason) ?? 'stop')
    yield { finish, usage: tokens(prompt, completion), endAtEof: true }
  }
}
