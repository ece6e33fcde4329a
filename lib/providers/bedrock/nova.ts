import { parseJson, RequestError } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { ChunkInit, Decoder, Endpoint } from '../../types/provider.ts'
import type { Note } from '../adjustments.ts'
import { type Json, object } from '../json.ts'
import { comesThroughTool } from './json-answer.ts'
import { converseBody } from './request.ts'
import { answerPieces, type ConverseReader, converseReader, eventPieces } from './stream.ts'

/**
 * Nova's own API: Converse without documents, its special parameters among the others.
 * Source: docs.aws.amazon.com/nova, "Complete request schema" and "Using the Invoke API".
 */
export function novaBody(request: ChatRequest, endpoint: Endpoint, note: Note): object {
  const body = converseBody(request, endpoint, note)
  if (body.messages.some(({ content }) => content.some((block) => 'document' in block))) {
    throw new RequestError("Nova takes documents with bedrock_api 'converse' only.", {
      param: 'messages',
      code: 'unsupported_value',
    })
  }
  const { inferenceConfig: special, ...reasoning } = body.additionalModelRequestFields ?? {}
  return {
    schemaVersion: 'messages-v1',
    messages: body.messages,
    system: body.system,
    inferenceConfig: { ...body.inferenceConfig, ...object(special), ...reasoning },
    toolConfig: body.toolConfig,
  }
}

/** Converse's events, each as the only field of an object: `{"messageStart":{…}}`. */
export function novaDecoder(request: ChatRequest, { finishReasons }: Pick<Endpoint, 'finishReasons'>): Decoder {
  const reader = converseReader({ throughTool: comesThroughTool(request), keepsThinking: false, finishReasons })
  const { plainText, kept } = reader
  const places = plainText.places.map(({ kind, path }) => ({ kind, path: ['contentBlockDelta', ...path] }))
  return {
    decode: ({ data }) => piecesIn(object(parseJson(data)), reader),
    plainText: { ...plainText, places },
    kept,
  }
}

function* piecesIn(frame: Json, reader: ConverseReader): Iterable<ChunkInit> {
  if (frame.output !== undefined) yield* answerPieces(frame, reader)
  else for (const [name, payload] of Object.entries(frame)) yield* eventPieces(name, object(payload), reader)
}
