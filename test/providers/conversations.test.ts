import assert from 'node:assert/strict'
import fc from 'fast-check'
import { RequestError } from '../../lib/errors.ts'
import { providers } from '../../lib/providers/index.ts'
import type { ProviderFields } from '../../lib/types/provider.ts'
import { conversations } from '../helpers/conversations.ts'
import { endpoint } from '../helpers/openai-family.ts'
import * as rules from './conversation-rules.ts'

const AWS: ProviderFields = { aws_region: 'us-east-1' }
const VERTEX: ProviderFields = { vertex_project_id: 'p', vertex_region: 'us-central1' }

const TARGETS: [provider: string, model: string, rule: rules.Rule, fields?: ProviderFields][] = [
  ['openai', 'gpt-4o', rules.openai],
  ['azure-openai', 'gpt-4o', rules.openai, { resource_name: 'r' }],
  ['groq', 'llama-3.3-70b-versatile', rules.openai],
  ['together-ai', 'meta-llama/Llama-3.3-70B', rules.openai],
  ['mistral-ai', 'mistral-large-latest', rules.mistral],
  ['anthropic', 'claude-sonnet-4-5', rules.anthropic],
  ['bedrock', 'anthropic.claude-sonnet-4-5-20250929-v1:0', rules.converse, AWS],
  ['bedrock', 'us.meta.llama3-3-70b-instruct-v1:0', rules.converseApart, AWS],
  ['google', 'gemini-2.5-flash', rules.gemini],
  ['vertex-ai', 'gemini-3-flash-preview', rules.gemini, VERTEX],
  ['cohere', 'command-a-03-2025', rules.cohereV2],
  ['cohere', 'command-r-plus-08-2024', rules.cohereV1, { api_version: 'v1' }],
]

/** More with `npm run fuzz`. */
const RUNS = process.env.FUZZ === 'long' ? 5000 : 800

describe('generated conversations', () => {
  for (const [provider, model, rule, fields = {}] of TARGETS) {
    it(`${provider}, ${model}: the order that is documented, and every word`, async function () {
      this.timeout(60_000)
      const encode = async (request: object) => {
        const encoded = await providers[provider]?.encode({ ...request, model } as never, endpoint({ fields }))
        return JSON.parse(encoded?.body ?? '') as rules.Json
      }
      const property = fc.asyncProperty(conversations, async ({ request, words }) => {
        const body = await encode(request).catch((error: unknown) => {
          if (words.length > 0 || !(error instanceof RequestError)) throw error
        })
        if (body === undefined) return
        const wrong = rule(body)
        assert.equal(wrong, undefined, JSON.stringify(body))
        const written = JSON.stringify(body)
        for (const word of words) assert(written.includes(word), `${word} is lost: ${written}`)
      })
      await fc.assert(property, { numRuns: RUNS, seed: 14 })
    })
  }
})
