import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { chat, HELLO, open } from '../helpers/client.ts'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { answer, frame, openaiChunk, scripted, text } from '../helpers/upstream.ts'

/** A chunk of log probabilities, which are no content. */
function tokens(token: string): string {
  return frame({ choices: [{ index: 0, delta: {}, logprobs: { content: [{ token, logprob: 0 }] } }] })
}

describe('a hostile provider', () => {
  const opened = cleanup()

  it('that switches protocols is a failed target, not one to wait for', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      )
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    try {
      const gate = await opened(gateway(target(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)))
      assert.equal((await chat(gate.url)).status, 502)
      assert.equal(gate.attempts[0]?.failure?.kind, 'connect')
    } finally {
      server.close()
    }
  })

  it('cannot fill the memory with one event of many short lines', async () => {
    const up = await opened(scripted({ chunks: Array(200).fill('data:\n'.repeat(100)), finish: 'hang' }))
    const gate = await opened(gateway(target(up.url), { limits: { maxEventBytes: 100_000 } }))
    assert.equal((await chat(gate.url)).status, 502)
    assert.match(gate.attempts[0]?.failure?.message ?? '', /maxEventBytes/)
  })

  it('cannot fill the memory with choices that say nothing', async () => {
    const choices = Array.from({ length: 129 }, (_, index) => ({ index }))
    const up = await opened(scripted({ chunks: [frame({ choices })], finish: 'hang' }))
    const gate = await opened(gateway(target(up.url)))
    assert.equal((await chat(gate.url)).status, 502)
    assert.equal(gate.attempts[0]?.failure?.kind, 'malformed')
  })

  it('is let through when much has come before the first content', async () => {
    const chunks = Array(20).fill(tokens('x'.repeat(1_000_000)))
    const up = await opened(scripted({ chunks, finish: 'hang' }))
    const gate = await opened(gateway(target(up.url)))
    const response = await open(gate.url)
    assert.equal(response.statusCode, 200)
    response.destroy()
  })

  it('is let through by a hedge, too', async () => {
    const up = await opened(scripted({ chunks: [tokens('x').repeat(1001)], finish: 'hang' }))
    const targets = [target(up.url), target(up.url)]
    const gate = await opened(gateway({ strategy: { mode: 'hedge', delay: 100_000 }, targets }))
    const response = await open(gate.url)
    assert.equal(response.statusCode, 200)
    response.destroy()
  })

  it('cannot end the process with what cannot be written, while it is held back', async () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown
    assert.throws(() => JSON.stringify(deep))
    const nested = `data: {"choices":[{"index":0,"delta":{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}}]}\n\n`
    const up = await opened(scripted({ chunks: [nested, text('a')], finish: 'hang' }, { chunks: answer('b') }))
    const gate = await opened(
      gateway(target(up.url, { strict_open_ai_compliance: false, commit_after: { ms: 20 }, retry: { attempts: 1 } })),
    )
    assert.equal((await chat(gate.url)).text, 'b')
  })

  it('cannot spoil an answer in one piece by a message beside the delta', async () => {
    const choices = [{ index: 0, delta: { content: 'a' }, message: null }]
    const up = await opened(scripted({ chunks: [frame({ choices }), ...answer('b')] }))
    const gate = await opened(gateway(target(up.url, { strict_open_ai_compliance: false })))
    const { body } = await chat(gate.url, { ...HELLO, stream: false })
    assert.equal(JSON.parse(body).choices[0].message.content, 'ab')
  })

  it('cannot stop the process with turns from one kind of text to another and back', async () => {
    const parts = Array(30_000).fill([
      { type: 'thinking', thinking: [{ text: 'a' }] },
      { type: 'text', text: 'b' },
    ])
    const up = await opened(scripted({ chunks: [openaiChunk({ content: parts.flat() }), ...answer('c')] }))
    const gate = await opened(gateway(target(up.url)))
    assert.equal((await chat(gate.url)).text, `${'b'.repeat(30_000)}c`)
  }).timeout(20_000)
})

describe('a hostile client cannot open a circuit', () => {
  const opened = cleanup()
  const guarded = (url: string, provider: string) =>
    gateway(target(url, { provider, cb_config: { failure_threshold: 1 } }), { logger: { error() {} } })

  const deep = `{"model":"m","messages":[{"role":"user","content":"a"}],"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
  const requests: [name: string, provider: string, body: unknown, status: number, attempts: string[]][] = [
    ['by half a character in the name of a model', 'google', { ...HELLO, model: '\ud800' }, 500, ['request', 'status']],
    ['by nesting', 'openai', deep, 400, ['status']],
  ]
  for (const [name, provider, body, status, attempts] of requests) {
    it(name, async () => {
      const up = await opened(scripted({ status: 401, chunks: ['{}'] }))
      const gate = await opened(guarded(up.url, provider))
      assert.equal((await chat(gate.url, body)).status, status)
      assert.equal(up.requests.length, 0)
      await chat(gate.url)
      assert.deepEqual(
        gate.attempts.map(({ failure }) => failure?.kind),
        attempts,
      )
    })
  }
})
