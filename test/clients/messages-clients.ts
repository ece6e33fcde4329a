import { createAnthropic } from '@ai-sdk/anthropic'
import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { ChatAnthropic } from '@langchain/anthropic'
import { type AIMessageChunk, type BaseMessage, HumanMessage } from '@langchain/core/messages'
import { tool as langchainTool } from '@langchain/core/tools'
import { isStepCount, streamText, tool } from 'ai'
import { z } from 'zod'
import type { ToolClient } from './tool-clients.ts'

const name = 'get_weather'
const description = 'Tells the weather of a city'
const parameters = z.object({ city: z.string() })

const anthropic: ToolClient = {
  async stream(baseURL, model, content) {
    const pieces: string[] = []
    const stream = sdkAt(baseURL).messages.stream({ model, max_tokens: 1000, messages: [{ role: 'user', content }] })
    stream.on('text', (piece) => pieces.push(piece))
    const { stop_reason } = await stream.finalMessage()
    if (stop_reason !== 'end_turn' && stop_reason !== 'stop_sequence') throw new Error(`it ended by ${stop_reason}`)
    if ((await stream.finalText()) !== pieces.join('')) throw new Error(await stream.finalText())
    return pieces
  },
  async loop(baseURL, model, question, run) {
    const schema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }
    const tools = [{ name, description, input_schema: schema }]
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: question }]
    for (;;) {
      const message = await sdkAt(baseURL).messages.stream({ model, max_tokens: 1000, tools, messages }).finalMessage()
      const calls = message.content.filter((block) => block.type === 'tool_use')
      if (calls.length === 0) return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
      const results = calls.map(({ id, input }) => ({
        type: 'tool_result' as const,
        tool_use_id: id,
        content: run((input as { city: string }).city),
      }))
      messages.push({ role: 'assistant', content: message.content }, { role: 'user', content: results })
    }
  },
}

/** It keeps its conversation with the server (`thread`), and sends all of it to one that says it has it not. */
const toolRunner: ToolClient = {
  keptBy: 'anthropic',
  stream: (baseURL, model, content) => toolRun(baseURL, model, content, () => ''),
  async loop(baseURL, model, content, run) {
    return (await toolRun(baseURL, model, content, run)).join('')
  },
}

/** The pieces of the last answer's text. A tool runs as soon as its call is whole. */
async function toolRun(baseURL: string, model: string, content: string, run: (city: string) => string) {
  const weather = betaZodTool({ name, description, inputSchema: parameters, run: ({ city }) => run(city) })
  const messages = [{ role: 'user' as const, content }]
  const asking = { model, max_tokens: 1000, messages, tools: [weather] }
  let pieces: string[] = []
  const runner = sdkAt(baseURL).beta.messages.toolRunner({ ...asking, stream: true, runToolsEagerly: true })
  for await (const stream of runner) {
    const own: string[] = []
    stream.on('text', (piece) => own.push(piece))
    await stream.done()
    pieces = own
  }
  return pieces
}

/** It puts `/v1` before its paths itself. */
function sdkAt(baseURL: string): Anthropic {
  return new Anthropic({ apiKey: 'sk-client', baseURL: baseURL.replace(/\/v1$/, ''), maxRetries: 0 })
}

const aiSdk: ToolClient = {
  async stream(baseURL, model, prompt) {
    const errors: unknown[] = []
    const { textStream, finishReason } = streamText({
      model: createAnthropic({ apiKey: 'sk-client', baseURL })(model),
      prompt,
      maxRetries: 0,
      maxOutputTokens: 1000,
      onError: ({ error }) => void errors.push(error),
    })
    const pieces: string[] = []
    for await (const piece of textStream) pieces.push(piece)
    if (errors.length > 0) throw errors[0]
    if ((await finishReason) !== 'stop') throw new Error(await finishReason)
    return pieces
  },
  async loop(baseURL, model, prompt, run) {
    const errors: unknown[] = []
    const { text } = streamText({
      model: createAnthropic({ apiKey: 'sk-client', baseURL })(model),
      prompt,
      maxRetries: 0,
      maxOutputTokens: 1000,
      tools: { [name]: tool({ description, inputSchema: parameters, execute: ({ city }) => run(city) }) },
      stopWhen: isStepCount(5),
      onError: ({ error }) => void errors.push(error),
    })
    const said = await Promise.resolve(text).catch((error: unknown) => void errors.push(error))
    if (errors.length > 0) throw errors[0]
    return said ?? ''
  },
}

const langchain: ToolClient = {
  async stream(baseURL, model, question) {
    const pieces: string[] = []
    for await (const { text } of await chatAt(baseURL, model).stream(question)) if (text !== '') pieces.push(text)
    return pieces
  },
  async loop(baseURL, model, question, run) {
    const weather = langchainTool(({ city }) => run(city), { name, description, schema: parameters })
    const chat = chatAt(baseURL, model).bindTools([weather])
    const messages: BaseMessage[] = [new HumanMessage(question)]
    for (;;) {
      let chunk: AIMessageChunk | undefined
      for await (const piece of await chat.stream(messages)) chunk = chunk?.concat(piece) ?? piece
      if (chunk === undefined) throw new Error('nothing came')
      if (!chunk.tool_calls?.length) return chunk.text
      messages.push(chunk)
      for (const call of chunk.tool_calls) messages.push(await weather.invoke(call))
    }
  },
}

function chatAt(baseURL: string, model: string): ChatAnthropic {
  return new ChatAnthropic({
    model,
    apiKey: 'sk-client',
    anthropicApiUrl: baseURL.replace(/\/v1$/, ''),
    maxRetries: 0,
    maxTokens: 1000,
  })
}

/** By the names of their tests. */
export const MESSAGES_CLIENTS: Readonly<Record<string, ToolClient>> = {
  '@anthropic-ai/sdk': anthropic,
  'the tool runner of @anthropic-ai/sdk': toolRunner,
  "the AI SDK's anthropic()": aiSdk,
  "LangChain's ChatAnthropic": langchain,
}
