import { GoogleGenAI } from '@google/genai'
import { nothingYet, type Vendor } from './vendor.ts'

const gemini =
  (vertexai: boolean, apiVersion: string): Vendor =>
  async (url, { model, user, tool: { name, description, parameters } }) => {
    const client = new GoogleGenAI({ vertexai, apiKey: 'key', apiVersion, httpOptions: { baseUrl: url } })
    const stream = await client.models.generateContentStream({
      model,
      contents: user,
      config: { tools: [{ functionDeclarations: [{ name, description, parametersJsonSchema: parameters }] }] },
    })
    const told = nothingYet()
    for await (const { candidates, functionCalls, usageMetadata } of stream) {
      for (const { text = '', thought } of candidates?.[0]?.content?.parts ?? []) {
        if (thought) told.reasoning += text
        else told.text += text
      }
      for (const call of functionCalls ?? []) told.calls.push({ name: call.name ?? '', arguments: call.args ?? {} })
      told.finish = candidates?.[0]?.finishReason
      told.tokens = [usageMetadata?.promptTokenCount, usageMetadata?.candidatesTokenCount]
    }
    return told
  }

export const google = gemini(false, 'v1beta')
export const vertexAi = gemini(true, 'v1')
