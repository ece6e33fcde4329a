import { parseJson } from '../../errors.ts'
import type { HttpRequest } from '../../types/provider.ts'
import { withChangedBody } from '../changed-body.ts'
import { type Json, list, sizeOf, text, words } from '../json.ts'

/** Puts the blocks of a message together again as they came, to be sent back when the model pauses within its turn. */
export interface NativeBlocks {
  begin(block: Json): void
  change(delta: Json): void
  end(): void
  /** Without those that the API would refuse: texts that are blank. */
  all(): readonly Json[]
  /** Characters of the blocks, about. */
  kept(): number
}

/** The request with these blocks as the assistant's turn, for the model to go on with. */
export function withTurn(encoded: HttpRequest, blocks: readonly Json[]): HttpRequest {
  const turn = { role: 'assistant', content: blocks }
  return withChangedBody(encoded, (body) => ({ ...body, messages: [...list(body.messages), turn] }))
}

export function nativeBlocks(): NativeBlocks {
  const blocks: Json[] = []
  let open: Record<string, unknown> | undefined
  let citations: unknown[] = []
  let input = ''
  let kept = 0

  return {
    begin(block) {
      kept += sizeOf(block)
      citations = [...list(block.citations)]
      open = { ...block }
      input = ''
      blocks.push(open)
    },
    change(delta) {
      if (open === undefined) return
      kept += sizeOf(delta)
      switch (delta.type) {
        case 'input_json_delta':
          input += words(delta.partial_json)
          break
        case 'citations_delta':
          citations.push(delta.citation)
          open.citations = citations
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
    all: () => blocks.filter(({ type, text: words }) => type !== 'text' || text(words).trim() !== ''),
    kept: () => kept,
  }
}
