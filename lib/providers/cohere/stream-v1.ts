import { parseJson, streamFailure } from '../../errors.ts'
import type { ChunkInit, Decoder, Endpoint, PlainText, WireEvent } from '../../types/provider.ts'
import { isDoneMark } from '../done-mark.ts'
import { argumentText, type Json, list, object, text, words } from '../json.ts'
import { cited } from './citations.ts'
import { ending } from './ending.ts'
import { eventIn } from './errors.ts'

type Expected = Pick<Endpoint, 'finishReasons'>

/**
 * Reads a v1 stream, or the one answer that came in its place. A plan and its calls come up to three times: in pieces, whole,
 * and whole again in the last event. The plan goes out piece by piece, as reasoning; the calls when they are first whole. The
 * event with `is_finished: true` ends the stream.
 *
 * Source: cohere-ai 8.1.0 `StreamedChatResponse`.
 */
export function decoderV1(endpoint: Expected): Decoder {
  const heard: Heard = { documents: new Map(), kept: 0, spoke: false, callsBegun: false, callsWhole: false }
  return { decode: (event) => piecesIn(event, heard, endpoint), plainText: PLAIN_TEXT, kept: () => heard.kept }
}

/** What the events of a stream have told so far. */
interface Heard {
  documents: Map<unknown, Json>
  /** Characters of the documents. */
  kept: number
  spoke: boolean
  callsBegun: boolean
  callsWhole: boolean
}

function* piecesIn({ event: name, data }: WireEvent, heard: Heard, endpoint: Expected): Iterable<ChunkInit> {
  if (isDoneMark(data)) return
  const event = eventIn(name, parseJson(data))

  switch (event.event_type ?? name) {
    case 'stream-start':
      yield { id: text(event.generation_id) }
      break
    case 'text-generation':
      heard.spoke = true
      yield { content: words(event.text) }
      break
    case 'tool-calls-chunk': {
      const call = object(event.tool_call_delta)
      const plan = text(event.text) || text(call.text)
      heard.spoke ||= plan !== ''
      heard.callsBegun ||= text(call.name) !== ''
      yield { reasoning: plan }
      break
    }
    case 'tool-calls-generation':
      yield* wholeCalls(event, heard)
      break
    case 'search-results':
      heard.kept += data.length
      for (const document of list(event.documents).map(object)) heard.documents.set(document.id, document)
      break
    case 'citation-generation':
      for (const citation of list(event.citations).map(object)) {
        const cites = list(citation.document_ids).map((id) => object(heard.documents.get(id)))
        yield cited(citation, cites)
      }
      break
    case undefined:
      if (event.finish_reason !== undefined) yield* whole(event, heard, endpoint)
  }
  if (event.is_finished === true || event.event_type === 'stream-end') yield* end(event, heard, endpoint)
}

function* wholeCalls(source: Json, heard: Heard): Iterable<ChunkInit> {
  const calls = list(source.tool_calls).map(object)
  if (heard.callsWhole || calls.length === 0) return
  heard.callsWhole = true
  if (!heard.spoke) yield { reasoning: text(source.text) }
  yield {
    toolCalls: calls.map((call, key) => ({
      key,
      name: text(call.name),
      arguments: argumentText(call.parameters ?? {}),
    })),
  }
}

function* end(event: Json, heard: Heard, endpoint: Expected): Iterable<ChunkInit> {
  const response = object(event.response)
  yield* wholeCalls(response, heard)
  const last = ending({ ...response, ...event }, object(response.meta), endpoint)
  if (heard.callsBegun && !heard.callsWhole && last.finish !== 'length') {
    throw streamFailure('malformed', 'Cohere began a tool call and never ended it.')
  }
  yield last
}

function* whole(answer: Json, heard: Heard, endpoint: Expected): Iterable<ChunkInit> {
  yield { id: text(answer.generation_id) }
  // Beside calls the text is their plan.
  if (list(answer.tool_calls).length === 0) yield { content: words(answer.text) }
  yield* end({ response: answer }, heard, endpoint)
}

/** The plan before calls stands in one of two places. */
const PLAIN_TEXT: PlainText = {
  places: [
    { kind: 'content', path: ['text'] },
    { kind: 'reasoning', path: ['text'] },
    { kind: 'reasoning', path: ['tool_call_delta', 'text'] },
  ],
}
