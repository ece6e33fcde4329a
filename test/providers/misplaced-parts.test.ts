import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { providers } from '../../lib/providers/index.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import { noMedia } from '../helpers/endpoint.ts'

const PARTS = {
  'an image': { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
  'a part of an unknown type': { type: 'hologram', hologram: {} },
}

const user = { role: 'user', content: 'Hi' }
const tool_calls = [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }]
const PLACES: Record<string, (part: unknown) => unknown[]> = {
  instructions: (part) => [{ role: 'system', content: [part, { type: 'text', text: 'Be brief.' }] }, user],
  'an answer': (part) => [user, { role: 'assistant', content: [part, { type: 'text', text: 'Yes' }] }, user],
  'a result': (part) => [
    user,
    { role: 'assistant', tool_calls },
    { role: 'tool', tool_call_id: 'call_1', content: [part, { type: 'text', text: 'sunny' }] },
  ],
}

const tools = [{ type: 'function', function: { name: 'f', description: 'Does it' } }]
const MODELS: Record<string, string[]> = {
  anthropic: ['claude-opus-4-8'],
  bedrock: ['anthropic.claude-sonnet-4-5-v1:0', 'amazon.nova-pro-v1:0'],
}

describe('parts where only text may stand', () => {
  for (const [name, provider] of Object.entries(providers)) {
    for (const model of MODELS[name] ?? ['gemini-3-pro']) {
      for (const [what, part] of Object.entries(PARTS)) {
        for (const [where, messages] of Object.entries(PLACES)) {
          it(`are left out or refused by ${name} (${model}): ${what} in ${where}`, async () => {
            // Clients are refused before; `override_params` may still say it.
            const request = { model, messages: messages(part), tools } as ChatRequest
            const endpoint = {
              apiKey: 'key',
              customHost: 'http://provider.test',
              fields: { aws_region: 'us-east-1' },
              strict: true,
              fetchMedia: noMedia,
            }
            try {
              const { body } = await provider.encode(request, endpoint)
              assert.doesNotMatch(body, /\{\}[,\]].*Be brief|"text":null/)
            } catch (error) {
              assert(error instanceof RequestError)
            }
          })
        }
      }
    }
  }
})
