import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream'
import { ConverseStreamCommand, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { bedrockClient } from '../aws.ts'
import { claudeTool, readMessage } from './anthropic.ts'
import { nothingYet, type Vendor } from './vendor.ts'

export const bedrock: Vendor = async (url, { model, user, tool: { name, description, parameters } }) => {
  const client = bedrockClient(url)
  const json = parameters as Record<string, string>
  const { stream = [] } = await client.send(
    new ConverseStreamCommand({
      modelId: model,
      messages: [{ role: 'user', content: [{ text: user }] }],
      toolConfig: { tools: [{ toolSpec: { name, description, inputSchema: { json } } }] },
    }),
  )
  const told = nothingYet()
  let input = ''
  for await (const { contentBlockStart, contentBlockDelta, contentBlockStop, messageStop, metadata } of stream) {
    const called = contentBlockStart?.start?.toolUse?.name
    if (called) told.calls.push({ name: called, arguments: {} })
    told.text += contentBlockDelta?.delta?.text ?? ''
    told.reasoning += contentBlockDelta?.delta?.reasoningContent?.text ?? ''
    input += contentBlockDelta?.delta?.toolUse?.input ?? ''
    if (contentBlockStop && input !== '') Object.assign(told.calls.at(-1) ?? {}, { arguments: JSON.parse(input) })
    told.finish = messageStop?.stopReason ?? told.finish
    if (metadata) told.tokens = [metadata.usage?.inputTokens, metadata.usage?.outputTokens]
  }
  client.destroy()
  return told
}

/** AWS's SDK takes the frames off, Anthropic's puts the message together. */
export const bedrockInvoke: Vendor = async (url, { model, user, tool }) => {
  const client = bedrockClient(url)
  const { body = [] } = await client.send(
    new InvokeModelWithResponseStreamCommand({
      modelId: model,
      contentType: 'application/json',
      body: JSON.stringify({
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 100,
        messages: [{ role: 'user', content: [{ type: 'text', text: user }] }],
        tools: [claudeTool(tool)],
      }),
    }),
  )
  const lines = new ReadableStream<Uint8Array>({
    async start(controller) {
      for await (const { chunk } of body) {
        controller.enqueue(Buffer.concat([chunk?.bytes ?? Buffer.alloc(0), Buffer.from('\n')]))
      }
      controller.close()
    },
  })
  const message = await MessageStream.fromReadableStream(lines).finalMessage()
  client.destroy()
  return readMessage(message)
}
