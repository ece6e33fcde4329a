import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { tool as langchainTool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, type LanguageModel, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { Portkey } from 'portkey-ai'
import { z } from 'zod'

/** What a client made of an answer. */
export interface Read {
  text: string
  calls: { name: string; arguments: unknown }[]
  finish: string | undefined
}

/** Asks a question with a tool at hand, and reads the answer to its end. */
export type Reader = (baseURL: string, model: string, stream: boolean) => Promise<Read>

const messages = [{ role: 'user' as const, content: 'How is the weather?' }]
const name = 'get_weather'
const description = 'Tells the weather of a city'
const parameters = { type: 'object', properties: { city: { type: 'string' } } }
const schema = z.object({ city: z.string().optional() })
const tools = [{ type: 'function' as const, function: { name, description, parameters } }]

/** How the SDKs of OpenAI's kind give calls. */
interface Given {
  function: { name: string; arguments: string }
}
const called = (calls: readonly Given[] = []) =>
  calls.map((call) => ({ name: call.function.name, arguments: JSON.parse(call.function.arguments) as unknown }))

const openaiSdk: Reader = async (baseURL, model, stream) => {
  const { completions } = new OpenAI({ apiKey: 'sk-client', baseURL, maxRetries: 0 }).chat
  const { choices } = stream
    ? await completions.stream({ model, messages, tools }).finalChatCompletion()
    : await completions.create({ model, messages, tools })
  const { message, finish_reason } = choices[0] as OpenAI.Chat.ChatCompletion.Choice
  const calls = (message.tool_calls ?? []).filter((call) => call.type === 'function')
  return { text: message.content ?? '', calls: called(calls), finish: finish_reason }
}

const aiSdk =
  (modelAt: (baseURL: string, model: string) => LanguageModel): Reader =>
  async (baseURL, model, stream) => {
    const asking = {
      model: modelAt(baseURL, model),
      prompt: 'How is the weather?',
      tools: { get_weather: tool({ description, inputSchema: schema, execute: () => '' }) },
      maxRetries: 0,
    }
    const result = stream ? streamText({ ...asking, onError: () => {} }) : await generateText(asking)
    const calls = await result.toolCalls
    return {
      text: await result.text,
      calls: calls.map(({ toolName, input }) => ({ name: toolName, arguments: input })),
      finish: (await result.finishReason).replace('-', '_'),
    }
  }

const langchain: Reader = async (baseURL, model, stream) => {
  const chat = new ChatOpenAI({ model, apiKey: 'sk-client', configuration: { baseURL }, maxRetries: 0 }).bindTools([
    langchainTool(() => '', { name, description, schema }),
  ])
  let answer = stream ? undefined : await chat.invoke('How is the weather?')
  if (stream) {
    for await (const piece of await chat.stream('How is the weather?')) answer = answer?.concat(piece) ?? piece
  }
  if (answer === undefined) throw new Error('nothing came')
  if (answer.invalid_tool_calls?.length) throw new Error('calls that cannot be read')
  const calls = answer.tool_calls ?? []
  return {
    text: answer.text,
    calls: calls.map((call) => ({ name: call.name, arguments: call.args })),
    finish: answer.response_metadata.finish_reason as string | undefined,
  }
}

/** As applications do it that join the chunks themselves: text behind text, calls by their index. */
const byHand: Reader = async (baseURL, model, stream) => {
  if (!stream) return openaiSdk(baseURL, model, stream)
  const { completions } = new OpenAI({ apiKey: 'sk-client', baseURL, maxRetries: 0 }).chat
  const read = { text: '', finish: undefined as string | undefined }
  const calls: Given[] = []
  for await (const { choices } of await completions.create({ model, messages, tools, stream })) {
    const [{ delta, finish_reason } = { delta: {}, finish_reason: null }] = choices
    read.text += delta.content ?? ''
    read.finish = finish_reason ?? read.finish
    for (const { index, function: piece } of delta.tool_calls ?? []) {
      calls[index] ??= { function: { name: '', arguments: '' } }
      calls[index].function.name += piece?.name ?? ''
      calls[index].function.arguments += piece?.arguments ?? ''
    }
  }
  return { ...read, calls: called(calls) }
}

const portkey: Reader = async (baseURL, model, stream) => {
  const { completions } = new Portkey({ baseURL, provider: 'openai', Authorization: 'sk-client' }).chat
  const { choices } = stream
    ? await (await completions.stream({ model, messages, tools })).finalChatCompletion()
    : await completions.create({ model, messages, tools })
  const { message, finish_reason } = choices[0]
  return { text: message.content ?? '', calls: called(message.tool_calls), finish: finish_reason }
}

export const READERS: Readonly<Record<string, Reader>> = {
  openai: openaiSdk,
  '@ai-sdk/openai-compatible': aiSdk((baseURL, model) => createOpenAICompatible({ name: 'x', baseURL })(model)),
  '@ai-sdk/openai': aiSdk((baseURL, model) => createOpenAI({ apiKey: 'sk-client', baseURL }).chat(model)),
  langchain,
  'openai, by hand': byHand,
  portkey,
}
