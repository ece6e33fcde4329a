import type { NativeEvent } from '../../types/provider.ts'

type Json = Record<string, unknown>

/** Puts the provider's own events together to the message that they are of: nothing that they say is lost. */
export interface NativeMessage {
  add(event: NativeEvent): void
  result(): unknown
}

export function nativeMessage(): NativeMessage {
  let message: Json = {}
  const blocks: Json[] = []
  let open: Json = {}
  let input = ''

  const begin = (block: Json) => {
    open = { ...block }
    input = ''
    blocks.push(open)
  }

  const change = ({ type, ...delta }: Json) => {
    if (type === 'input_json_delta') input += String(delta.partial_json)
    else if (type === 'citations_delta') open.citations = [...list(open.citations), delta.citation]
    else if (type === 'signature_delta') Object.assign(open, delta)
    else for (const [key, value] of Object.entries(delta)) open[key] = joined(open[key], value)
  }

  const end = () => {
    if (input !== '') open.input = inputOf(input)
    input = ''
  }

  return {
    add({ data }) {
      const event = object(JSON.parse(data))
      switch (event.type) {
        case 'message_start':
          message = object(event.message)
          blocks.push(...list(message.content).map(object))
          break
        case 'content_block_start':
          begin(object(event.content_block))
          break
        case 'content_block_delta':
          change(object(event.delta))
          break
        case 'content_block_stop':
          end()
          break
        case 'message_delta': {
          const { type: _, delta, usage, ...others } = event
          Object.assign(message, object(delta), others, { usage: { ...object(message.usage), ...known(usage) } })
        }
      }
    },
    result() {
      end()
      return { ...message, content: blocks }
    },
  }
}

/** A text goes on with a piece of text; anything else is replaced. */
function joined(known: unknown, more: unknown): unknown {
  return typeof known === 'string' && typeof more === 'string' ? known + more : more
}

/** Null says nothing of what was told before. */
function known(usage: unknown): Json {
  return Object.fromEntries(Object.entries(object(usage)).filter(([, value]) => value !== null))
}

/** A call that ran out of tokens has half of its JSON. */
export function inputOf(json: string): unknown {
  try {
    return json === '' ? {} : JSON.parse(json)
  } catch {
    return { rawInvalidInput: json }
  }
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
