import assert from 'node:assert/strict'
import { assistantTurn, callBook, dataUrl, userTurn } from './reading.ts'
import type { Heard, NativeRequest, Turn } from './system.ts'

interface Body {
  model: string
  stream: boolean
  messages: Message[]
  tools?: { type: 'function'; function: { name: string; description: string; parameters: unknown } }[]
  stop?: string[]
  response_format?: { type: string; json_schema?: { schema: unknown } }
  reasoning_effort?: string
}
type Message =
  | { role: 'system' | 'developer'; content: string }
  | { role: 'user'; content: string | Part[] }
  | { role: 'assistant'; content?: string | Part[] | null; tool_calls?: Call[] }
  | { role: 'tool'; tool_call_id: string; content: string }
type Call = { id: string; type: 'function'; function: { name: string; arguments: string } }
/** Mistral's images have their URL straight in `image_url`. */
type Part =
  | { type: 'text'; text: string }
  | { type: 'thinking' }
  | { type: 'image_url'; image_url: string | { url: string } }

function textOf(content: string | Part[] | null | undefined): string {
  if (typeof content !== 'object' || content === null) return content ?? ''
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function userTurnOf(content: string | Part[]): Turn {
  if (typeof content === 'string') return { user: content }
  const urls = content.flatMap((part) => (part.type === 'image_url' ? part.image_url : []))
  return userTurn(
    textOf(content),
    urls.map((url) => dataUrl(typeof url === 'string' ? url : url.url)),
  )
}

function readTurns(messages: Message[], ids: RegExp): Turn[] {
  const book = callBook(ids)
  const turns: Turn[] = []
  for (const message of messages) {
    if (message.role === 'user') {
      turns.push(userTurnOf(message.content))
    } else if (message.role === 'assistant') {
      const calls = (message.tool_calls ?? []).map(({ id, type, function: { name, arguments: json } }) => {
        assert.equal(type, 'function')
        return book.called(id, name, JSON.parse(json))
      })
      turns.push(assistantTurn(textOf(message.content), calls))
    } else if (message.role === 'tool') {
      const answered = book.answered(message.tool_call_id, message.content)
      const last = turns.at(-1)
      if (last !== undefined && 'results' in last) last.results.push(answered)
      else turns.push({ results: [answered] })
    }
  }
  book.close()
  return turns
}

/** Reads a request of OpenAI's kind. `path`: where it must go; `ids`: the ids of calls that are accepted. */
export function hear({ url, body }: NativeRequest, path: string, ids: RegExp): Heard {
  assert.equal(url, path)
  const native = JSON.parse(body) as Body
  assert.equal(native.stream, true)
  const system = native.messages.flatMap((message) => (message.role === 'system' ? message.content : []))
  return {
    model: native.model,
    system: system.join(''),
    turns: readTurns(native.messages, ids),
    tools: (native.tools ?? []).map(({ function: { name, description, parameters } }) => ({
      name,
      description,
      parameters,
    })),
    stop: native.stop ?? [],
    schema: native.response_format?.json_schema?.schema,
    thinks: native.reasoning_effort === 'high',
  }
}
