import { createOpenAI } from '@ai-sdk/openai'
import { type AIMessageChunk, type BaseMessage, HumanMessage } from '@langchain/core/messages'
import { tool as langchainTool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { Agent, tool as agentTool, OpenAIResponsesModel, Runner, setTracingDisabled } from '@openai/agents'
import { isStepCount, streamText, tool } from 'ai'
import OpenAI from 'openai'
import type { Response, ResponseInputItem } from 'openai/resources/responses/responses'
import { z } from 'zod'
import type { ToolClient } from './tool-clients.ts'

setTracingDisabled(true)

const name = 'get_weather'
const description = 'Tells the weather of a city'
const parameters = z.object({ city: z.string() })

const openai: ToolClient = {
  async stream(baseURL, model, input) {
    const client = new OpenAI({ apiKey: 'sk-client', baseURL, maxRetries: 0 })
    const pieces: string[] = []
    const stream = client.responses.stream({ model, input })
    stream.on('response.output_text.delta', ({ delta }) => pieces.push(delta))
    const { output_text, status } = await stream.finalResponse()
    if (status !== 'completed' || output_text !== pieces.join('')) throw new Error(`${status}: ${output_text}`)
    return pieces
  },
  async loop(baseURL, model, question, run) {
    const client = new OpenAI({ apiKey: 'sk-client', baseURL, maxRetries: 0 })
    const tools = [
      { type: 'function' as const, name, description, parameters: z.toJSONSchema(parameters), strict: false },
    ]
    let input: string | ResponseInputItem[] = question
    let previous: string | undefined
    for (;;) {
      const response: Response = await client.responses
        .stream({ model, input, tools, previous_response_id: previous ?? null })
        .finalResponse()
      const { id, output, output_text } = response
      const calls = output.filter((item) => item.type === 'function_call')
      if (calls.length === 0) return output_text
      previous = id
      input = calls.map((call) => ({
        type: 'function_call_output',
        call_id: call.call_id,
        output: run(JSON.parse(call.arguments).city),
      }))
    }
  },
}

const aiSdk: ToolClient = {
  async stream(baseURL, model, prompt) {
    const errors: unknown[] = []
    const { textStream, finishReason } = streamText({
      model: createOpenAI({ apiKey: 'sk-client', baseURL })(model),
      prompt,
      maxRetries: 0,
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
      model: createOpenAI({ apiKey: 'sk-client', baseURL })(model),
      prompt,
      maxRetries: 0,
      tools: { [name]: tool({ description, inputSchema: parameters, execute: ({ city }) => run(city) }) },
      stopWhen: isStepCount(5),
      onError: ({ error }) => void errors.push(error),
    })
    const said = await Promise.resolve(text).catch((error: unknown) => void errors.push(error))
    if (errors.length > 0) throw errors[0]
    return said ?? ''
  },
}

const agents: ToolClient = {
  async stream(baseURL, model, question) {
    const stream = await runner.run(agentAt(baseURL, model), question, { stream: true })
    const pieces: string[] = []
    for await (const piece of stream.toTextStream()) pieces.push(piece)
    await stream.completed
    if (stream.finalOutput !== pieces.join('')) throw new Error(`${stream.finalOutput}`)
    return pieces
  },
  async loop(baseURL, model, question, run) {
    const stream = await runner.run(agentAt(baseURL, model, run), question, { stream: true })
    await stream.completed
    return stream.finalOutput ?? ''
  },
}
const runner = new Runner({ tracingDisabled: true })

function agentAt(baseURL: string, model: string, run: (city: string) => string = () => '') {
  const client = new OpenAI({ apiKey: 'sk-client', baseURL, maxRetries: 0 })
  const execute = ({ city }: { city: string }) => run(city)
  return new Agent({
    name: 'agent',
    model: new OpenAIResponsesModel(client, model),
    tools: [agentTool({ name, description, parameters, strict: true, execute })],
  })
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

function chatAt(baseURL: string, model: string) {
  return new ChatOpenAI({
    model,
    apiKey: 'sk-client',
    configuration: { baseURL },
    maxRetries: 0,
    useResponsesApi: true,
  })
}

export const RESPONSES_CLIENTS: Readonly<Record<string, ToolClient>> = {
  'openai-node': openai,
  "the AI SDK's openai()": aiSdk,
  '@openai/agents': agents,
  'LangChain in its Responses mode': langchain,
}
