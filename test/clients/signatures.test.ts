import assert from 'node:assert/strict'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { HumanMessage } from '@langchain/core/messages'
import { tool as langchainTool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, isStepCount, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { z } from 'zod'
import { cleanup } from '../helpers/gateway.ts'
import { claudeProofs, converseProofs, geminiProofs, type Proof } from '../sdk/proofs.ts'
import { PROVIDERS, QUESTION } from './standalone.ts'

/** Those that sign what their models think, and want it back with the results of the calls that followed. */
const PROOFS: Readonly<Record<string, (body: string) => Proof[]>> = {
  anthropic: claudeProofs,
  bedrock: converseProofs,
  'bedrock invoke': claudeProofs,
  google: geminiProofs,
  'vertex-ai': geminiProofs,
}

const SIGNATURE = Buffer.from(Array.from({ length: 700 }, (_, at) => (at * 7) % 251)).toString('base64')
const CALLS = {
  reasoning: 'Two cities.',
  signature: SIGNATURE,
  calls: ['Paris', 'Rome'].map((city, index) => ({
    id: `cityNo00${index}`,
    name: 'get_weather',
    arguments: { city },
  })),
}

const apiKey = 'sk-client'
const name = 'get_weather'
const description = 'Tells the weather of a city'
const schema = z.object({ city: z.string() })
const execute = () => 'sunny'

const aiTools = { tools: { [name]: tool({ description, inputSchema: schema, execute }) }, stopWhen: isStepCount(2) }
const compatible = (baseURL: string, model: string) => ({
  model: createOpenAICompatible({ name: 'streamgate', baseURL })(model),
  prompt: QUESTION,
  reasoning: 'high' as const,
  ...aiTools,
})

/** Asks, runs the calls, and asks again; answers the text at the end. The model is asked to think in the client's own way. */
const LOOPS: Readonly<Record<string, (baseURL: string, model: string) => PromiseLike<unknown>>> = {
  '@ai-sdk/openai-compatible, streamed': (baseURL, model) => streamText(compatible(baseURL, model)).text,
  '@ai-sdk/openai-compatible': async (baseURL, model) => (await generateText(compatible(baseURL, model))).text,
  '@ai-sdk/openai': (baseURL, model) => {
    // It takes no model for one that reasons but those that it knows.
    const providerOptions = { openai: { reasoningEffort: 'high', forceReasoning: true } }
    const chat = createOpenAI({ apiKey, baseURL }).chat(model)
    return streamText({ model: chat, prompt: QUESTION, providerOptions, ...aiTools }).text
  },
  langchain: async (baseURL, model) => {
    const getWeather = langchainTool(execute, { name, description, schema })
    const modelKwargs = { reasoning_effort: 'high' }
    const chat = new ChatOpenAI({ model, apiKey, configuration: { baseURL }, modelKwargs }).bindTools([getWeather])
    const question = new HumanMessage(QUESTION)
    const pieces = []
    for await (const piece of await chat.stream([question])) pieces.push(piece)
    const call = pieces.reduce((whole, piece) => whole.concat(piece))
    const results = await Promise.all((call.tool_calls ?? []).map((each) => getWeather.invoke(each)))
    return (await chat.invoke([question, call, ...results])).text
  },
  // Of a call it keeps no more than what OpenAI's types name.
  'openai, by hand': async (baseURL, model) => {
    const { completions } = new OpenAI({ apiKey, baseURL, maxRetries: 0 }).chat
    const tools = [{ type: 'function' as const, function: { name, description, parameters: z.toJSONSchema(schema) } }]
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: QUESTION }]
    for (;;) {
      const asking = { model, messages, tools, reasoning_effort: 'high' as const }
      const { content, tool_calls = [] } = (await completions.create(asking)).choices[0]?.message ?? { content: '' }
      if (tool_calls.length === 0) return content
      const calls = tool_calls.filter((call) => call.type === 'function')
      messages.push({
        role: 'assistant',
        tool_calls: calls.map(({ id, type, function: { name, arguments: args } }) => ({
          id,
          type,
          function: { name, arguments: args },
        })),
      })
      for (const { id } of calls) messages.push({ role: 'tool', tool_call_id: id, content: execute() })
    }
  },
}

describe('signed reasoning, through clients that know nothing of it', () => {
  const opened = cleanup()

  for (const provider of PROVIDERS) {
    const proofs = PROOFS[provider.name]
    if (proofs === undefined) continue

    for (const [client, loop] of Object.entries(LOOPS)) {
      it(`goes back to ${provider.name} with the results of two calls, through ${client}`, async () => {
        const last = provider.says({ text: ['Sunny in both.'] })
        const { baseURL, providers } = await opened(provider.behind([provider.says(CALLS), last]))
        assert.equal(await loop(baseURL, provider.thinker ?? provider.model), 'Sunny in both.')
        const second = await providers[0]?.request(1)
        assert.ok(second)
        assert.partialDeepStrictEqual(proofs(second.body), [{ call: name, signature: SIGNATURE }])
        const results = CALLS.calls.map(({ arguments: args }) => ({ name, arguments: args, result: 'sunny' }))
        assert.deepEqual(provider.hear(second).turns.at(-1), { results })
      })
    }
  }
})
