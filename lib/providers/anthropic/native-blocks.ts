import { parseJson } from '../../errors.ts'
import type { HttpRequest } from '../../types/provider.ts'
import { withChangedBody } from '../changed-body.ts'
import { type Json, list, text, words } from '../json.ts'

/** Puts the blocks of a message together again as they came, to be sent back when the model pauses within its turn. */
export interface NativeBlocks {
  begin(block: Json): void
  change(delta: Json): void
  end(): void
  all(): readonly Json[]
}

/** The request with these blocks as the assistant's turn, for the model to go on with. */
export function withTurn(encoded: HttpRequest, blocks: readonly Json[]): HttpRequest {
  const turn = { role: 'assistant', content: blocks }
  return withChangedBody(encoded, (body) => ({ ...body, messages: [...list(body.messages), turn] }))
}

export function nativeBlocks(): NativeBlocks {
  const blocks: Json[] = []
  let open: Record<string, unknown> | undefined
  let input = ''

  return {
    begin(block) {
      open = { ...block }
      input = ''
      blocks.push(open)
    },
    change(delta) {
      if (open === undefined) return
      switch (delta.type) {
        case 'input_json_delta':
          input += words(delta.partial_json)
          break
        case 'citations_delta':
          open.citations = [...list(open.citations), delta.citation]
          break
        case 'text_delta':
          open.text = text(open.text) + words(delta.text)
          break
        case 'thinking_delta':
          open.thinking = text(open.thinking) + words(delta.thinking)
          break
        case 'signature_delta':
          open.signature = text(open.signature) + text(delta.signature)
      }
    },
    end() {
      if (open !== undefined && input !== '') open.input = parseJson(input)
      open = undefined
    },
    all: () => blocks,
  }
}
