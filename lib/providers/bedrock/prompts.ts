import { RequestError } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import { textOf } from '../content.ts'
import { assistantText } from '../openai/tools.ts'

/** Prompts for models that take one text: the conversation in the form that each was taught. */

interface Turn {
  role: 'system' | 'user' | 'assistant'
  text: string
}

/** Source: llama.com, Llama 3 prompt formats. */
export function llamaPrompt(request: ChatRequest): string {
  const headed = ({ role, text }: Turn) => `<|start_header_id|>${role}<|end_header_id|>\n\n${text}`
  const { past, prefill } = textTurns(request, /<\|\w+\|>/g)
  const open = headed({ role: 'assistant', text: prefill })
  return `<|begin_of_text|>${past.map((turn) => `${headed(turn)}<|eot_id|>`).join('')}${open}`
}

/** Source: docs.aws.amazon.com/bedrock, Mistral AI text completion. */
export function mistralPrompt(request: ChatRequest): string {
  const { past, prefill } = textTurns(request, /<\/?s>|\[\/?INST\]/g)
  const system = past.filter(({ role }) => role === 'system').map(({ text }) => `${text}\n\n`)
  const rest = past
    .filter(({ role }) => role !== 'system')
    .map(({ role, text }, index) => {
      if (role === 'assistant') return ` ${text}</s>`
      return `[INST] ${index === 0 ? system.join('') : ''}${text} [/INST]`
    })
  return `<s>${rest.join('')}${prefill && ` ${prefill}`}`
}

/** Source: docs.aws.amazon.com/bedrock, Amazon Titan Text models. */
export function titanPrompt(request: ChatRequest): string {
  const names = { system: '', user: 'User: ', assistant: 'Bot: ' }
  const { past, prefill } = textTurns(request)
  return `${past.map(({ role, text }) => `${names[role]}${text}\n`).join('')}Bot:${prefill && ` ${prefill}`}`
}

/** `marks`: the prompt's own signs, with which a message could pass for another's. */
function textTurns(request: ChatRequest, marks?: RegExp): { past: Turn[]; prefill: string } {
  if (request.tools?.length) throw textOnly('tools')
  const turns = request.messages.map((message): Turn => {
    if (message.role === 'tool' || (message.role === 'user' && !isText(message.content))) throw textOnly('messages')
    const text = message.role === 'assistant' ? assistantText(message) : textOf(message.content)
    const role = message.role === 'developer' ? 'system' : message.role
    return { role, text: marks === undefined ? text : text.replaceAll(marks, ' ') }
  })
  const last = turns.at(-1)
  return last?.role === 'assistant'
    ? { past: turns.slice(0, -1), prefill: last.text.trimEnd() }
    : { past: turns, prefill: '' }
}

function isText(content: string | readonly { type: string }[]): boolean {
  return typeof content === 'string' || content.every((part) => part.type === 'text')
}

function textOnly(param: string): RequestError {
  const message = "With bedrock_api 'invoke' this model takes text only; with 'converse' it may take more."
  return new RequestError(message, { param, code: 'unsupported_value' })
}
