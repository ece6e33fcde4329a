import { Mistral } from '@mistralai/mistralai'
import Groq from 'groq-sdk'
import OpenAI, { AzureOpenAI } from 'openai'
import Together from 'together-ai'
import { asFunction, nothingYet, type Told, type Vendor } from './vendor.ts'

/** A chunk as OpenAI, Groq and Together have it. */
interface Chunk {
  choices: {
    delta: {
      content?: string | null
      reasoning?: string | null
      tool_calls?: { index: number; function?: { name?: string; arguments?: string } | null }[] | null
    }
    finish_reason?: string | null
  }[]
  usage?: Counts | null
  x_groq?: { usage?: Counts | null } | null
}
type Counts = { prompt_tokens: number; completion_tokens: number }

async function fold(stream: AsyncIterable<Chunk>): Promise<Told> {
  const told = nothingYet()
  const pieces: { name: string; json: string }[] = []
  for await (const { choices, usage, x_groq } of stream) {
    const { delta, finish_reason } = choices[0] ?? { delta: {} }
    told.text += delta.content ?? ''
    told.reasoning += delta.reasoning ?? ''
    told.finish = finish_reason ?? told.finish
    for (const { index, function: called } of delta.tool_calls ?? []) {
      pieces[index] ??= { name: '', json: '' }
      pieces[index].name += called?.name ?? ''
      pieces[index].json += called?.arguments ?? ''
    }
    const counts = usage ?? x_groq?.usage
    if (counts) told.tokens = [counts.prompt_tokens, counts.completion_tokens]
  }
  told.calls = pieces.map(({ name, json }) => ({ name, arguments: JSON.parse(json) }))
  return told
}

const openaiClient =
  (client: (url: string) => OpenAI): Vendor =>
  async (url, { model, user, tool }) =>
    fold(
      await client(url).chat.completions.create({
        model,
        messages: [{ role: 'user', content: user }],
        tools: [asFunction(tool)],
        stream: true,
        stream_options: { include_usage: true },
      }),
    )

export const openai = openaiClient((url) => new OpenAI({ apiKey: 'key', baseURL: `${url}/v1`, maxRetries: 0 }))

export const azureOpenai = openaiClient((url) => {
  const baseURL = `${url}/openai/deployments/my-gpt`
  return new AzureOpenAI({ apiKey: 'key', baseURL, apiVersion: '2024-10-21', maxRetries: 0 })
})

export const groq: Vendor = async (url, { model, user, tool }) =>
  fold(
    await new Groq({ apiKey: 'key', baseURL: url, maxRetries: 0 }).chat.completions.create({
      model,
      messages: [{ role: 'user', content: user }],
      tools: [asFunction(tool)],
      stream: true,
    }),
  )

export const togetherAi: Vendor = async (url, { model, user, tool }) =>
  fold(
    await new Together({ apiKey: 'key', baseURL: `${url}/v1`, maxRetries: 0 }).chat.completions.create({
      model,
      messages: [{ role: 'user', content: user }],
      tools: [asFunction(tool)],
      stream: true,
    }),
  )

export const mistralAi: Vendor = async (url, { model, user, tool }) => {
  const stream = await new Mistral({ apiKey: 'key', serverURL: url }).chat.stream({
    model,
    messages: [{ role: 'user', content: user }],
    tools: [asFunction(tool)],
  })
  const told = nothingYet()
  for await (const { data } of stream) {
    const { delta, finishReason } = data.choices[0] ?? { delta: {} }
    if (typeof delta.content === 'string') told.text += delta.content
    for (const part of Array.isArray(delta.content) ? delta.content : []) {
      if (part.type === 'thinking')
        told.reasoning += part.thinking.map((each) => ('text' in each ? each.text : '')).join('')
    }
    for (const { function: called } of delta.toolCalls ?? []) {
      const args = typeof called.arguments === 'string' ? JSON.parse(called.arguments) : called.arguments
      told.calls.push({ name: called.name, arguments: args })
    }
    told.finish = finishReason ?? told.finish
    if (data.usage) told.tokens = [data.usage.promptTokens, data.usage.completionTokens]
  }
  return told
}
