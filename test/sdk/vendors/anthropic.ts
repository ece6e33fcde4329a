import Anthropic from '@anthropic-ai/sdk'
import type { Tool } from '../systems/system.ts'
import type { Told, Vendor } from './vendor.ts'

export const anthropic: Vendor = async (url, { model, user, tool }) =>
  readMessage(
    await new Anthropic({ apiKey: 'key', baseURL: url, maxRetries: 0 }).messages
      .stream({
        model,
        max_tokens: 100,
        messages: [{ role: 'user', content: [{ type: 'text', text: user }] }],
        tools: [claudeTool(tool)],
      })
      .finalMessage(),
  )

export function claudeTool({ name, description, parameters }: Tool): Anthropic.Tool {
  return { name, description, input_schema: parameters as Anthropic.Tool.InputSchema }
}

export function readMessage({ content, stop_reason, usage }: Anthropic.Message): Told {
  return {
    reasoning: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: content.flatMap((block) =>
      block.type === 'tool_use' ? { name: block.name, arguments: block.input as Record<string, unknown> } : [],
    ),
    finish: stop_reason,
    tokens: [usage.input_tokens, usage.output_tokens],
  }
}
