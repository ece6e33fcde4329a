import assert from 'node:assert/strict'
import { streamgate } from '../../lib/index.ts'
import { chat, HELLO, open, read, serve } from '../helpers/client.ts'
import { cleanup, describeMounts, fallback, target } from '../helpers/gateway.ts'
import { answer, DONE, frame, openaiChunk, ROLE, STOP, scripted, text } from '../helpers/upstream.ts'

const MB = 1024 * 1024

describeMounts('buffers', (gateway) => {
  const opened = cleanup()

  it('a client that does not read pauses an endless upstream', async () => {
    const piece = text('x'.repeat(64 * 1024))
    let written = 0
    let full = () => {}
    const stuck = new Promise<void>((resolve) => {
      full = resolve
    })
    const flood = await opened(
      scripted((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        let waiting: NodeJS.Timeout | undefined
        const pour = () => {
          clearTimeout(waiting)
          while (written < 1024 * MB) {
            written += piece.length
            if (!res.write(piece)) break
          }
          waiting = setTimeout(full, 500)
        }
        res.on('drain', pour)
        res.on('close', () => clearTimeout(waiting))
        pour()
      }),
    )
    const gate = await opened(gateway(target(flood.url)))
    const response = await open(gate.url)
    response.on('error', () => {})
    await stuck
    // What fits into the sockets' buffers of three connections, and no more: not the gigabyte.
    assert.ok(written < 64 * MB, `${written} bytes were taken from the upstream`)
    response.destroy()
  }).timeout(20_000)

  it('an event of 16 MB goes through', async () => {
    const big = 'x'.repeat(16 * MB)
    const up = await opened(scripted({ chunks: [ROLE, text(big), STOP, DONE] }))
    const gate = await opened(gateway(target(up.url)))
    const result = await chat(gate.url)
    assert.deepEqual([result.text === big, result.done], [true, true])
  }).timeout(20_000)

  it('an event of 16 MB leaves in small pieces, and others have their turns in between', async () => {
    const up = await opened(scripted({ chunks: [ROLE, text('é'.repeat(8 * MB)), STOP, DONE] }))
    let turns = 0
    let counting: NodeJS.Immediate | undefined
    const count = () => {
      turns += 1
      counting = setImmediate(count)
    }
    const pieces: number[] = []
    const gate = await opened(
      gateway(target(up.url), {
        onChunk({ choices }) {
          counting ??= setImmediate(count)
          pieces.push(choices[0]?.delta.content?.length ?? 0)
        },
      }),
    )
    await chat(gate.url)
    clearImmediate(counting)
    assert.equal(Math.max(...pieces), 10_000)
    assert.ok(turns >= pieces.length / 2, `${turns} turns for ${pieces.length} pieces`)
  }).timeout(20_000)

  it('an event over maxEventBytes is a failed stream, ended as soon as it is too long', async () => {
    const endless = await opened(
      scripted((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        const pour = () => {
          while (res.write('data: '.padEnd(64 * 1024, 'x')));
          res.once('drain', pour)
        }
        pour()
      }),
    )
    const good = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(
      gateway(fallback(target(endless.url), target(good.url)), { limits: { maxEventBytes: MB } }),
    )
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal(gate.attempts[0]?.failure?.kind, 'malformed')
    assert.match(gate.attempts[0]?.failure?.message ?? '', /maxEventBytes/)
    await endless.requests[0]?.closed
  })

  it('tool calls over maxToolCallBytes are a failed stream', async () => {
    const call = openaiChunk({
      tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: 'x'.repeat(2000) } }],
    })
    const up = await opened(scripted({ chunks: [ROLE, call, STOP, DONE] }))
    const gate = await opened(gateway(target(up.url), { limits: { maxToolCallBytes: 1000 } }))
    const result = await chat(gate.url)
    assert.equal(result.status, 502)
    assert.match(JSON.parse(result.body).error.message, /maxToolCallBytes/)
  })

  it('thinking over maxHeldBytes that nothing goes out of is a failed target', async () => {
    const thinking = { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } }
    const delta = { type: 'signature_delta', signature: 'x'.repeat(600) }
    const signed = { type: 'content_block_delta', index: 0, delta }
    const up = await opened(scripted({ chunks: [thinking, signed, signed].map(frame), finish: 'hang' }))
    const good = await opened(scripted({ chunks: answer('fine') }))
    const route = fallback(target(up.url, { provider: 'anthropic' }), target(good.url))
    const gate = await opened(gateway(route, { limits: { maxHeldBytes: 1000 } }))
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.match(gate.attempts[0]?.failure?.message ?? '', /maxHeldBytes \(1000\)/)
  })

  it('an answer over maxAnswerBytes is an error for stream: false', async () => {
    const up = await opened(scripted({ chunks: answer('x'.repeat(3000)) }))
    const gate = await opened(gateway(target(up.url), { limits: { maxAnswerBytes: 1000 } }))
    const result = await chat(gate.url, { ...HELLO, stream: false })
    assert.equal(result.status, 502)
    assert.match(JSON.parse(result.body).error.message, /maxAnswerBytes/)
  })

  it('an answer over maxTranscriptBytes is restarted with a notice, not spliced', async () => {
    const bad = await opened(scripted({ chunks: [ROLE, text('a long beginning')], finish: 'reset' }))
    const good = await opened(scripted({ chunks: answer('a long beginning and end') }))
    const gate = await opened(
      gateway(fallback(target(bad.url), target(good.url)), { limits: { maxTranscriptBytes: 4 } }),
    )
    const result = await chat(gate.url)
    assert.equal(result.comments.length, 1)
    assert.equal(result.done, true)
  })

  it('the body of an error is read up to maxErrorBytes', async () => {
    const huge = await opened(
      scripted((_req, res) => {
        res.writeHead(500, { 'content-type': 'text/plain' })
        const pour = () => {
          while (res.write('x'.repeat(64 * 1024)));
          res.once('drain', pour)
        }
        pour()
      }),
    )
    const gate = await opened(gateway(target(huge.url)))
    const result = await chat(gate.url)
    assert.equal(result.status, 500)
    assert.ok(result.body.length < 4096)
    await huge.requests[0]?.closed
  })

  it('a request of 30 MB with an image goes through', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(gateway(target(up.url)))
    const url = `data:image/png;base64,${'y'.repeat(30 * MB)}`
    const content = [{ type: 'image_url', image_url: { url } }]
    const result = await chat(gate.url, { ...HELLO, messages: [{ role: 'user', content }] })
    assert.equal(result.text, 'fine')
    assert.equal(JSON.parse(up.requests[0]?.body ?? '').messages[0].content[0].image_url.url.length, url.length)
  }).timeout(20_000)

  it('a request over maxRequestBytes is a 413', async () => {
    const up = await opened(scripted({ chunks: answer('no') }))
    const gate = await opened(gateway(target(up.url), { limits: { maxRequestBytes: 1000 } }))
    const result = await chat(gate.url, { ...HELLO, messages: [{ role: 'user', content: 'y'.repeat(2000) }] })
    assert.equal(result.status, 413)
    assert.equal(JSON.parse(result.body).error.code, 'request_too_large')
    assert.equal(up.requests.length, 0)
  })

  it('many events in one read arrive all, in order', async () => {
    const words = Array.from({ length: 5000 }, (_, n) => `${n} `)
    const up = await opened(scripted({ chunks: [answer(...words).join('')] }))
    const gate = await opened(gateway(target(up.url)))
    const result = await read(await open(gate.url))
    assert.equal(result.text, words.join(''))
    assert.equal(result.done, true)
  })

  it('an event of many pieces arrives whole', async () => {
    const body = Buffer.from(answer('Grüße ', '🌍').join(''))
    const up = await opened(scripted({ chunks: [...body].map((byte) => Buffer.from([byte])) }))
    const gate = await opened(gateway(target(up.url)))
    assert.equal((await chat(gate.url)).text, 'Grüße 🌍')
  })

  it('a frame of several choices keeps them apart', async () => {
    const choices = [0, 1].map((index) => ({ index, delta: { content: `answer ${index}` }, finish_reason: 'stop' }))
    const up = await opened(scripted({ chunks: [frame({ id: 'x', created: 1, model: 'm', choices }), DONE] }))
    const gate = await opened(gateway(target(up.url)))
    const { choices: folded } = JSON.parse((await chat(gate.url, { ...HELLO, n: 2, stream: false })).body)
    assert.deepEqual(
      folded.map((each: { message: { content: string } }) => each.message.content),
      ['answer 0', 'answer 1'],
    )
  })
})

describe('a long text', () => {
  const opened = cleanup()

  it('of another choice begins with its role', async () => {
    const long = 'x'.repeat(200_000)
    const of = (index: number, delta: object, finish_reason: string | null = null) =>
      frame({ id: 'x', created: 1, model: 'm', choices: [{ index, delta, finish_reason }] })
    const chunks = [of(0, { content: 'a' }), of(1, { content: long }), of(0, {}, 'stop'), of(1, {}, 'stop'), DONE]
    const up = await opened(scripted({ chunks }))
    const gate = await opened(serve(streamgate(target(up.url))))
    const { frames } = await chat(gate.url, { ...HELLO, n: 2 })
    const deltas = frames.flatMap(({ choices }) => choices).filter(({ index }) => index === 1)
    assert.equal(deltas[0]?.delta.role, 'assistant')
    assert.equal(deltas.filter(({ delta }) => 'role' in delta).length, 1)
    assert.equal(deltas.map(({ delta }) => delta.content ?? '').join(''), long)
  })
})

describe('buffers of a server', () => {
  const opened = cleanup()

  for (const stream of [true, false]) {
    it(`a client that does not take the rest of its answer counts as gone, with stream: ${stream}`, async () => {
      const up = await opened(scripted({ chunks: answer('x'.repeat(24 * MB)) }))
      const handler = streamgate(target(up.url), { limits: { clientTimeout: 100 } })
      const closed = Promise.withResolvers<boolean>()
      const server = await opened(
        serve((req, res) => {
          res.once('close', () => closed.resolve(res.writableFinished))
          handler(req, res)
        }),
      )
      const response = await open(server.url, { ...HELLO, stream })
      response.on('error', () => {})
      assert.equal(await closed.promise, false)
      response.destroy()
      handler.close()
    })
  }
})
