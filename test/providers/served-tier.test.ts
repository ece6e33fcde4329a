import assert from 'node:assert/strict'
import type { ChatRequest, Endpoint, WireEvent } from '../../lib/provider.ts'
import { providers } from '../../lib/providers/index.ts'
import { noMedia } from '../helpers/endpoint.ts'
import { chunk } from '../helpers/openai-family.ts'

const REQUEST: ChatRequest = { model: 'some-model', messages: [{ role: 'user', content: 'Hi' }] }

const told = (payload: unknown, event?: string): WireEvent => ({ event, data: JSON.stringify(payload) })
/** The event in which each dialect tells the tier that it served. */
const EVENTS: Record<string, (tier: unknown) => WireEvent> = {
  openai: (tier) => told(chunk({ content: 'x' }, null, { service_tier: tier })),
  anthropic: (tier) => told({ type: 'message_start', message: { id: 'm', usage: { service_tier: tier } } }),
  google: (tier) => told({ usageMetadata: { serviceTier: tier } }),
  bedrock: (tier) => told({ usage: {}, serviceTier: { type: tier } }, 'metadata'),
}

const TIERS: [told: unknown, tier: string | undefined][] = [
  ['flex', 'flex'],
  ['priority', 'priority'],
  ['STANDARD', 'default'],
  ['standard', 'default'],
  ['on_demand', 'default'],
  ['performance', 'priority'],
  ['fast', 'fast'],
  ['reserved', undefined],
  ['gold', undefined],
  [7, undefined],
  [null, undefined],
]

describe('the service tier of an answer', () => {
  for (const [name, event] of Object.entries(EVENTS)) {
    for (const [tier, expected] of TIERS) {
      it(`${tier} of ${name} is ${expected ?? 'left out'}`, () => {
        const endpoint: Endpoint = { apiKey: '', customHost: undefined, fields: {}, strict: true, fetchMedia: noMedia }
        const pieces = [...(providers[name] ?? assert.fail()).decoder(REQUEST, endpoint).decode(event(tier))]
        assert.equal(pieces.find(({ service_tier }) => service_tier !== undefined)?.service_tier, expected)
      })
    }
  }
})
