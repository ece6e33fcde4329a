import { CohereClient, CohereClientV2 } from 'cohere-ai'
import { asFunction, nothingYet, type Vendor } from './vendor.ts'

export const cohere: Vendor = async (url, { model, user, tool }) => {
  const stream = await new CohereClientV2({ token: 'key', environment: url, maxRetries: 0 }).chatStream({
    model,
    messages: [{ role: 'user', content: user }],
    tools: [asFunction(tool)],
  })
  const told = nothingYet()
  let json = ''
  for await (const event of stream) {
    switch (event.type) {
      case 'content-delta':
        told.text += event.delta?.message?.content?.text ?? ''
        told.reasoning += event.delta?.message?.content?.thinking ?? ''
        break
      case 'tool-call-start':
        told.calls.push({ name: event.delta?.message?.toolCalls?.function?.name ?? '', arguments: {} })
        json = ''
        break
      case 'tool-call-delta':
        json += event.delta?.message?.toolCalls?.function?.arguments ?? ''
        break
      case 'tool-call-end':
        Object.assign(told.calls.at(-1) ?? {}, { arguments: JSON.parse(json) })
        break
      case 'message-end': {
        const { finishReason, usage } = event.delta ?? {}
        told.finish = finishReason
        told.tokens = [usage?.tokens?.inputTokens, usage?.tokens?.outputTokens]
      }
    }
  }
  return told
}

/** v1 describes parameters in a way of its own. */
export const cohereV1: Vendor = async (url, { model, user, tool: { name, description, parameters } }) => {
  const { properties, required } = parameters as {
    properties: Record<string, { description: string }>
    required: string[]
  }
  const definitions = Object.entries(properties).map(([key, schema]) => {
    return [key, { type: 'str', description: schema.description, required: required.includes(key) }] as const
  })
  const stream = await new CohereClient({ token: 'key', environment: url, maxRetries: 0 }).chatStream({
    model,
    message: user,
    tools: [{ name, description, parameterDefinitions: Object.fromEntries(definitions) }],
  })
  const told = nothingYet()
  for await (const event of stream) {
    switch (event.eventType) {
      case 'text-generation':
        told.text += event.text
        break
      case 'tool-calls-generation':
        told.calls = event.toolCalls.map((call) => ({ name: call.name, arguments: call.parameters }))
        break
      case 'stream-end': {
        const { tokens } = event.response.meta ?? {}
        told.finish = event.finishReason
        told.tokens = [tokens?.inputTokens, tokens?.outputTokens]
      }
    }
  }
  return told
}
