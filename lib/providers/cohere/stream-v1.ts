import { parseJson, streamFailure } from '../../errors.ts'
import type { ChunkInit, Decoder, Endpoint, PlainText, WireEvent } from '../../types/provider.ts'
import { isDoneMark } from '../done-mark.ts'
import { argumentText, type Json, list, object, text, words } from '../json.ts'
import { cited } from './citations.ts'
import { ending } from './ending.ts'
import { eventIn } from './errors.ts'

/**
 * Reads a v1 stream, or the one answer that came in its place. A plan and its calls come up to three times: in pieces, whole,
 * and whole again in the last event. The plan goes out piece by piece, as reasoning; the calls when they are first whole. The
 * event with `is_finished: true` ends the stream.
 *
 * Source: cohere-ai 8.1.0 `StreamedChatResponse`.
 */
export function decoderV1(endpoint: Pick<Endpoint, 'finishReasons'>): Decoder {
  const documents = new Map<unknown, Json>()
  /** Characters of the documents. */
  let kept = 0
  let spoke = false
  let callsBegun = false
  let callsWhole = false

  function* wholeCalls(source: Json): Iterable<ChunkInit> {
    const calls = list(source.tool_calls).map(object)
    if (callsWhole || calls.length === 0) return
    callsWhole = true
    if (!spoke) yield { reasoning: text(source.text) }
    yield {
      toolCalls: calls.map((call, key) => ({
        key,
        name: text(call.name),
        arguments: argumentText(call.parameters ?? {}),
      })),
    }
  }

  function* end(event: Json): Iterable<ChunkInit> {
    const response = object(event.response)
    yield* wholeCalls(response)
    const last = ending({ ...response, ...event }, object(response.meta), endpoint)
    if (callsBegun && !callsWhole && last.finish !== 'length') {
      throw streamFailure('malformed', 'Cohere began a tool call and never ended it.')
    }
    yield last
  }

  function* whole(answer: Json): Iterable<ChunkInit> {
    yield { id: text(answer.generation_id) }
    // Beside calls the text is their plan.
    if (list(answer.tool_calls).length === 0) yield { content: words(answer.text) }
    yield* end({ response: answer })
  }

  function* decode({ event: name, data }: WireEvent): Iterable<ChunkInit> {
    if (isDoneMark(data)) return
    const event = eventIn(name, parseJson(data))

    switch (event.event_type ?? name) {
      case 'stream-start':
        yield { id: text(event.generation_id) }
        break
      case 'text-generation':
        spoke = true
        yield { content: words(event.text) }
        break
      case 'tool-calls-chunk': {
        const call = object(event.tool_call_delta)
        const plan = text(event.text) || text(call.text)
        spoke ||= plan !== ''
        callsBegun ||= text(call.name) !== ''
        yield { reasoning: plan }
        break
      }
      case 'tool-calls-generation':
        yield* wholeCalls(event)
        break
      case 'search-results':
        kept += data.length
        for (const document of list(event.documents).map(object)) documents.set(document.id, document)
        break
      case 'citation-generation':
        for (const citation of list(event.citations).map(object)) {
          const cites = list(citation.document_ids).map((id) => object(documents.get(id)))
          yield cited(citation, cites)
        }
        break
      case undefined:
        if (event.finish_reason !== undefined) yield* whole(event)
    }
    if (event.is_finished === true || event.event_type === 'stream-end') yield* end(event)
  }
  return { decode, plainText: PLAIN_TEXT, kept: () => kept }
}

/** The plan before calls stands in one of two places. */
const PLAIN_TEXT: PlainText = {
  places: [
    { kind: 'content', path: ['text'] },
    { kind: 'reasoning', path: ['text'] },
    { kind: 'reasoning', path: ['tool_call_delta', 'text'] },
  ],
}
