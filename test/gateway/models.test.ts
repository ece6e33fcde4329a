import assert from 'node:assert/strict'
import { chat } from '../helpers/client.ts'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

const ask = (model: string) => ({ model, stream: true, messages: [{ role: 'user', content: 'hi' }] })

describe('what a target is asked for', () => {
  const opened = cleanup()

  it('is its own name of the model', async () => {
    const up = await opened(scripted({ chunks: answer('hi') }))
    const gate = await opened(gateway(target(up.url, { models: { 'gpt-4o': 'mine', '*': 'other' } })))
    for (const [model, expected] of [
      ['gpt-4o', 'mine'],
      ['anything', 'other'],
      ['constructor', 'other'],
    ] as const) {
      const result = await chat(gate.url, ask(model))
      assert.equal(result.headers['x-streamgate-model'], expected)
      assert.equal(JSON.parse(up.requests.at(-1)?.body ?? '').model, expected)
    }
  })

  it('tells the limit of the first provider, not that a fallback has no such model', async () => {
    const limited = { status: 429, headers: { 'retry-after': '7' }, chunks: ['{"error":{"message":"slow down"}}'] }
    const unknown = { status: 404, chunks: ['{"error":{"message":"The model `m` does not exist"}}'] }
    const [first, second] = [await opened(scripted(limited)), await opened(scripted(unknown))]
    const gate = await opened(gateway({ targets: [target(first.url), target(second.url)] }))
    const result = await chat(gate.url)
    assert.deepEqual([result.status, result.headers['retry-after']], [429, '7'])
    assert.equal(JSON.parse(result.body).error.message, 'slow down')
  })

  it('is not called unknown for a wrong path', async () => {
    const up = await opened(scripted({ status: 404, chunks: ['<html>Not Found</html>'] }))
    const gate = await opened(gateway(target(up.url)))
    const result = await chat(gate.url)
    assert.deepEqual([result.status, JSON.parse(result.body).error.code], [404, null])
  })
})
