import assert from 'node:assert/strict'
import { resolveConfig } from '../../../lib/config/resolve.ts'
import type { ResolvedRoute } from '../../../lib/config.ts'
import { RequestError } from '../../../lib/errors.ts'
import { routedByModel } from '../../../lib/middleware/routing/model-routing.ts'
import { providers } from '../../../lib/providers/index.ts'
import { when } from '../../config/fake-providers.ts'

type Json = Record<string, unknown>
const target = (provider: string, name: string, more: Json = {}) => ({ provider, name, ...more })
const group = (mode: string, targets: Json[], strategy: Json = {}) => ({ strategy: { mode, ...strategy }, targets })

const [o1, o2] = [target('openai', 'o1'), target('openai', 'o2')]
const [a1, g1] = [target('anthropic', 'a1'), target('groq', 'g1')]
const ALL = { targets: [o1, a1, o2, g1] }

/** As `mode(a b)`, with weights in a balanced one. */
function show(route: ResolvedRoute): string {
  if (route.kind === 'target') return route.name
  const weights = route.mode === 'loadbalance' ? ` ${route.weights.join(':')}` : ''
  return `${route.mode}(${route.routes.map(show).join(' ')})${weights}`
}

function routed(model: string, json: Json = ALL): [route: string, model: string] {
  const config = resolveConfig(json, providers)
  const { config: own, request } = routedByModel({ config, request: { model, messages: [] } }, Object.keys(providers))
  return [show(own.route), request.model]
}

describe('the provider in front of a model', () => {
  const WHOLE = 'fallback(o1 a1 o2 g1)'
  const cases: [model: string, route: string, asked: string][] = [
    ['anthropic/claude', 'a1', 'claude'],
    ['@anthropic/claude', 'a1', 'claude'],
    ['openai/gpt-4o', 'fallback(o1 o2)', 'gpt-4o'],
    ['groq/openai/gpt-oss-120b', 'g1', 'openai/gpt-oss-120b'],
    ['gpt-4o', WHOLE, 'gpt-4o'],
    ['', WHOLE, ''],
    ['meta-llama/Llama-3', WHOLE, 'meta-llama/Llama-3'],
    ['mistralai/Mixtral-8x7B', WHOLE, 'mistralai/Mixtral-8x7B'],
    ['openai/', WHOLE, 'openai/'],
    ['/gpt-4o', WHOLE, '/gpt-4o'],
  ]
  for (const [model, route, asked] of cases) {
    it(`makes ${route} of ${model || 'nothing'}, asked for ${asked || 'nothing'}`, () => {
      assert.deepEqual(routed(model), [route, asked])
    })
  }

  const groups: [name: string, Json, route: string][] = [
    ['weights', group('loadbalance', [{ ...o1, weight: 3 }, a1, { ...o2, weight: 2 }]), 'loadbalance(o1 o2) 3:2'],
    [
      'no weights that are left',
      group('loadbalance', [{ ...o1, weight: 0 }, a1, { ...o2, weight: 0 }]),
      'fallback(o1 o2)',
    ],
    [
      'no conditions',
      group('conditional', [o1, a1, o2], { conditions: [when({ 'params.x': 1 }, 'o1')], default: 'a1' }),
      'fallback(o1 o2)',
    ],
    ['hedges', group('hedge', [o1, o2, a1]), 'hedge(o1 o2)'],
    [
      'what is nested',
      group('fallback', [group('single', [a1]), group('loadbalance', [o1, o2])]),
      'loadbalance(o1 o2) 1:1',
    ],
  ]
  for (const [name, json, route] of groups) {
    it(`keeps ${name}`, () => assert.deepEqual(routed('openai/m', json), [route, 'm']))
  }

  const wrong: [model: string, message: RegExp][] = [
    ['cohere/command', /no target of the provider 'cohere', only of openai, anthropic, groq\.$/],
    ['@meta/llama', /no target of the provider 'meta'/],
    ['antropic/claude', /'antropic', only of openai, anthropic, groq\. Did you mean 'anthropic'\?$/],
    ['mistral/large', /'mistral'/],
  ]
  for (const [model, message] of wrong) {
    it(`is told to be wrong in ${model}`, () => {
      assert.throws(
        () => routed(model),
        (error) => error instanceof RequestError && error.api.status === 404 && message.test(error.message),
      )
    })
  }
})
