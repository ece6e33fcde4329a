import { parseJson } from '../../errors.ts'
import type { ChunkInit, Decoder, Endpoint, PlainText } from '../../types/provider.ts'
import { finishOf } from '../ends.ts'
import { count, type Json, list, object, words } from '../json.ts'
import { TEXT_ENDS } from './ends.ts'
import { tokens } from './usage.ts'

type Options = Pick<Endpoint, 'finishReasons'>

/** `{"generation","prompt_token_count","generation_token_count","stop_reason"}`; the prompt is counted in the first. */
export function llamaDecoder({ finishReasons }: Options): Decoder {
  let prompt = 0
  return {
    decode({ data }) {
      const event = object(parseJson(data))
      prompt = count(event.prompt_token_count) ?? prompt
      return llamaPieces(event, prompt, finishReasons)
    },
    plainText: PLAIN_TEXT,
  }
}

function* llamaPieces(event: Json, prompt: number, finishReasons: Options['finishReasons']): Iterable<ChunkInit> {
  yield { content: words(event.generation) }
  const finish = finishOf(event.stop_reason, TEXT_ENDS, finishReasons)
  if (finish === undefined) return
  yield { finish, usage: tokens(prompt, count(event.generation_token_count) ?? 0) }
}

/** `{"outputs":[{"text","stop_reason"}]}`. Source: docs.aws.amazon.com/bedrock, Mistral AI text completion. */
export function mistralTextDecoder({ finishReasons }: Options): Decoder {
  return { decode: ({ data }) => mistralPieces(object(parseJson(data)), finishReasons) }
}

function* mistralPieces({ outputs }: Json, finishReasons: Options['finishReasons']): Iterable<ChunkInit> {
  const output = object(list(outputs)[0])
  yield { content: words(output.text) }
  const finish = finishOf(output.stop_reason, TEXT_ENDS, finishReasons)
  if (finish !== undefined) yield { finish }
}

/**
 * The last event, and no other, counts the whole output. One that a guardrail blocked has no reason of its own. An answer in
 * one piece has its text in `results`.
 */
export function titanDecoder({ finishReasons }: Options): Decoder {
  let prompt = 0
  return {
    decode({ data }) {
      const event = object(parseJson(data))
      prompt = count(event.inputTextTokenCount) ?? prompt
      return titanPieces(event, prompt, finishReasons)
    },
  }
}

function* titanPieces(event: Json, prompt: number, finishReasons: Options['finishReasons']): Iterable<ChunkInit> {
  const result = { ...event, ...object(list(event.results)[0]) }
  yield { content: words(result.outputText) }
  const completion = count(result.totalOutputTextTokenCount) ?? count(result.tokenCount)
  if (completion === undefined) return
  const blocked = result.completionReason == null && event['amazon-bedrock-guardrailAction'] === 'INTERVENED'
  const finish = blocked ? 'content_filter' : finishOf(result.completionReason, TEXT_ENDS, finishReasons)
  yield { ...(finish && { finish }), usage: tokens(prompt, completion) }
}

/** Of Llama's streams: the tokens of the answer so far count at its end alone. */
const PLAIN_TEXT: PlainText = {
  places: [{ kind: 'content', path: ['generation'] }],
  idle: [['generation_token_count']],
}
