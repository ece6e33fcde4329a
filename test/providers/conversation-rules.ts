/** What providers document of the order of a conversation. Each rule returns what is wrong, or undefined. */

export type Json = Record<string, unknown>
export type Rule = (body: Json) => string | undefined

export const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : [])
const object = (value: unknown) => (value ?? {}) as Json
const same = (a: unknown[], b: unknown[]) => JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted())
const unique = (values: unknown[]) => new Set(values).size === values.length

function first(...checks: (string | false | undefined)[]): string | undefined {
  return checks.find((wrong): wrong is string => typeof wrong === 'string')
}

/** The longest names of tools, in characters. */
const LONGEST = 64

/** OpenAI: "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'." */
export const openai: Rule = (body) => first(answered(body), ...list(body.messages).map(nameFault(LONGEST)))

/** Of the calls of an assistant's message. */
function nameFault(longest: number) {
  return (message: Json) => {
    const names = list(message.tool_calls).map((call) => String(object(call.function).name))
    return names.some((name) => !/^[\w-]+$/.test(name) || name.length > longest) && 'a name that is refused'
  }
}

const answered: Rule = (body) => {
  let open: unknown[] = []
  for (const message of list(body.messages)) {
    if (message.role === 'tool') {
      if (!open.includes(message.tool_call_id)) return 'a result without its call right before'
      open = open.filter((id) => id !== message.tool_call_id)
      continue
    }
    if (open.length > 0) return 'a call without its result'
    open = list(message.tool_calls).map(({ id }) => id)
    if (!unique(open)) return 'ids that repeat'
  }
  return open.length > 0 ? 'a call without its result at the end' : undefined
}

/** Mistral: mistral-common, protocol/instruct/validator.py. */
export const mistral: Rule = (body) => {
  const messages = list(body.messages)
  const last = messages.at(-1)
  return first(
    openai(body),
    ...messages.map((message, index) => {
      const before = messages[index - 1]?.role
      const calls = list(message.tool_calls)
      return first(
        message.role === 'system' && (before === 'assistant' || before === 'tool') && `system after ${before}`,
        message.role === 'assistant' && !message.content && calls.length === 0 && 'an assistant without words',
        index === 0 && calls.length > 0 && 'a call first of all',
        calls.some(({ id }) => !/^[A-Za-z\d]{9}$/.test(String(id))) && 'an id that is not of nine characters',
      )
    }),
    last?.role === 'assistant' && last.prefix !== true && 'an assistant at the end',
    messages.length === 0 && 'nothing',
  )
}

/** Cohere v2: errors page of docs.cohere.com. */
export const cohereV2: Rule = (body) => {
  const messages = list(body.messages)
  const begin = messages.findIndex(({ role }) => role !== 'system')
  return first(
    answered(body),
    ...messages.map(nameFault(2 * LONGEST)),
    messages.slice(begin).some(({ role }) => role === 'system') && 'system within the conversation',
    !['user', 'tool'].includes(String(messages.at(-1)?.role)) && 'neither user nor results at the end',
  )
}

/** Cohere v1: "all elements in history must have a message". */
export const cohereV1: Rule = (body) =>
  first(
    list(body.chat_history).some((turn) => !turn.message && !turn.tool_results && !turn.tool_calls) && 'a blank turn',
    !body.message && !body.tool_results && 'nothing asked',
  )

/** Anthropic's Messages, and what Converse makes of them: platform.claude.com, tool use; API reference of Converse. */
export function turnsOfBlocks(
  use: string,
  result: string,
  idOf: (block: Json) => { use?: unknown; result?: unknown },
): Rule {
  return (body) => {
    const messages = list(body.messages)
    const ids = (message: Json | undefined, kind: 'use' | 'result') =>
      list(message?.content).flatMap((block) => idOf(block)[kind] ?? [])
    return first(
      messages.length === 0 && 'nothing',
      messages[0]?.role !== 'user' && 'the assistant first of all',
      !unique(messages.flatMap((message) => ids(message, 'use'))) && 'ids that repeat',
      ...messages.map((message, index) =>
        first(
          list(message.content).length === 0 && 'a turn without content',
          index > 0 && messages[index - 1]?.role === message.role && 'two turns of one role',
          !same(ids(message, 'use'), ids(messages[index + 1], 'result')) && `${use} without its ${result}`,
          index === 0 && ids(message, 'result').length > 0 && `${result} without its ${use}`,
          list(message.content).some(({ text }) => typeof text === 'string' && text.trim() === '') && 'blank text',
        ),
      ),
    )
  }
}

export const anthropic: Rule = turnsOfBlocks('tool_use', 'tool_result', (block) => ({
  use: block.type === 'tool_use' ? block.id : undefined,
  result: block.type === 'tool_result' ? block.tool_use_id : undefined,
}))

export const converse: Rule = turnsOfBlocks('toolUse', 'toolResult', (block) => ({
  use: (block.toolUse as Json | undefined)?.toolUseId,
  result: (block.toolResult as Json | undefined)?.toolUseId,
}))

/** Llama and Mistral on Converse: "Conversation blocks and tool result blocks cannot be provided in the same turn." */
export const converseApart: Rule = (body) =>
  first(
    converse(body),
    ...list(body.messages).map(({ content }) => {
      const kinds = new Set(
        list(content).map((block) => (block.toolUse ? 'use' : block.toolResult ? 'result' : 'text')),
      )
      return kinds.size > 1 && 'a turn that mixes words, calls and results'
    }),
  )

/** Gemini: ai.google.dev, function calling, and the texts of the API's 400s. */
export const gemini: Rule = (body) => {
  const contents = list(body.contents)
  const parts = (content: Json | undefined, kind: string) => list(content?.parts).filter((part) => part[kind]).length
  return first(
    contents.length === 0 && 'nothing',
    ...contents.map((content, index) =>
      first(
        list(content.parts).length === 0 && 'a turn without parts',
        parts(content, 'functionCall') > 0 &&
          contents[index - 1]?.role !== 'user' &&
          'a call that follows no user turn',
        parts(content, 'functionCall') !== parts(contents[index + 1], 'functionResponse') && 'calls and results differ',
      ),
    ),
  )
}
