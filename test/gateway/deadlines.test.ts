import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { Transform } from 'node:stream'
import { chat, HELLO, open, read } from '../helpers/client.ts'
import { cleanup, describeMounts, fallback, target } from '../helpers/gateway.ts'
import { answer, DONE, openaiChunk, type Reply, ROLE, STOP, scripted, text } from '../helpers/upstream.ts'

const GOOD: Reply = { chunks: answer('Hello there') }

/** Heartbeats and empty chunks for ever, after these chunks. */
const stalls = (...chunks: string[]) =>
  scripted((_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.write(chunks.join(''))
    const timer = setInterval(() => res.write(`: ping\n\n${openaiChunk({ content: '' })}`), 5)
    res.on('close', () => clearInterval(timer))
  })

describeMounts('deadlines', (gateway) => {
  const opened = cleanup()

  it('first_chunk_timeout: heartbeats and empty chunks are no content', async () => {
    const slow = await opened(stalls(ROLE))
    const good = await opened(scripted(GOOD))
    const gate = await opened(gateway(fallback(target(slow.url, { first_chunk_timeout: 50 }), target(good.url))))
    const result = await chat(gate.url)
    assert.equal(result.text, 'Hello there')
    assert.deepEqual(result.comments, [])
    assert.equal(gate.attempts[0]?.failure?.kind, 'timeout')
    assert.match(gate.attempts[0]?.failure?.message ?? '', /first_chunk_timeout of 50 ms/)
    await slow.requests[0]?.closed
  })

  it('idle_timeout: a stall after the first content is spliced like any other break', async () => {
    const slow = await opened(stalls(ROLE, text('Hello')))
    const good = await opened(scripted(GOOD))
    const gate = await opened(gateway(fallback(target(slow.url, { idle_timeout: 50 }), target(good.url))))
    const result = await chat(gate.url)
    assert.equal(result.text, 'Hello there')
    assert.deepEqual(result.comments, [])
    assert.match(gate.attempts[0]?.failure?.message ?? '', /idle_timeout/)
    await slow.requests[0]?.closed
  })

  it('request_timeout: one whole attempt, however lively', async () => {
    const endless = await opened(
      scripted((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        const timer = setInterval(() => res.write(text('x')), 5)
        res.on('close', () => clearInterval(timer))
      }),
    )
    const gate = await opened(gateway({ ...target(endless.url), request_timeout: 80, idle_timeout: 5_000 }))
    const result = await chat(gate.url)
    assert.equal(result.frames.at(-1)?.error?.code, 'upstream_timeout')
    assert.match(gate.attempts[0]?.failure?.message ?? '', /request_timeout/)
  })

  it('connect_timeout: a connection that never stands', async () => {
    // A listener whose queue of connections is full answers nothing.
    const full = net.createServer({ pauseOnConnect: true })
    full.listen({ port: 0, host: '127.0.0.1', backlog: 1 })
    await once(full, 'listening')
    const { port } = full.address() as net.AddressInfo
    const good = await opened(scripted(GOOD))
    const gate = await opened(
      gateway(fallback(target(`https://127.0.0.1:${port}`, { connect_timeout: 50 }), target(good.url))),
    )
    assert.equal((await chat(gate.url)).text, 'Hello there')
    assert.match(gate.attempts[0]?.failure?.message ?? '', /connect_timeout of 50 ms/)
    full.close()
  })

  it('connect_timeout ends with the connection, however long the answer takes', async () => {
    const up = await opened(
      scripted((_req, res) => {
        setTimeout(() => res.writeHead(200, { 'content-type': 'text/event-stream' }).end(answer('slow').join('')), 600)
      }),
    )
    const gate = await opened(gateway({ ...target(up.url), connect_timeout: 300 }))
    assert.equal((await chat(gate.url)).text, 'slow')
    assert.equal(gate.attempts[0]?.outcome, 'whole')
  })

  it('connect_timeout also bounds the wait for credentials', async () => {
    const good = await opened(scripted(GOOD))
    const gate = await opened(
      gateway(fallback(target(good.url, { connect_timeout: 50, name: 'vault' }), target(good.url)), {
        credentials: ({ name }) => (name === 'vault' ? new Promise<string>(() => {}) : 'sk-other'),
      }),
    )
    assert.equal((await chat(gate.url)).text, 'Hello there')
    const { kind, message = '' } = gate.attempts[0]?.failure ?? {}
    assert.equal(kind, 'request')
    assert.match(message, /credentials did not come: connect_timeout/)
    assert.equal(good.requests.length, 1)
  })

  it('a timeout is a 504 when no target is left', async () => {
    const slow = await opened(stalls())
    const gate = await opened(gateway({ ...target(slow.url), first_chunk_timeout: 30 }))
    for (const stream of [true, false]) {
      const result = await chat(gate.url, { ...HELLO, stream })
      assert.equal(result.status, 504)
      assert.equal(JSON.parse(result.body).error.code, 'upstream_timeout')
    }
  })

  it('a timeout is retried like any other failure', async () => {
    const slow = await opened(stalls())
    const gate = await opened(gateway({ ...target(slow.url), first_chunk_timeout: 20, retry: { attempts: 1 } }))
    await chat(gate.url)
    assert.equal(slow.requests.length, 2)
  })

  it('a body of an error that never ends is waited for no longer than errorBodyTimeout', async () => {
    const hung = await opened(scripted({ status: 500, chunks: ['{"error":{"message":"half'], finish: 'hang' }))
    const good = await opened(scripted(GOOD))
    const gate = await opened(
      gateway(fallback(target(hung.url), target(good.url)), { limits: { errorBodyTimeout: 30 } }),
    )
    assert.equal((await chat(gate.url)).text, 'Hello there')
    await hung.requests[0]?.closed
  })

  it('a client that does not read is no fault of the provider: idle_timeout waits', async () => {
    const piece = text('x'.repeat(64 * 1024))
    let sent = 0
    const flood = await opened(
      scripted((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        const pour = () => {
          while (sent < 400) {
            sent += 1
            if (!res.write(piece)) return res.once('drain', pour)
          }
          return res.end(STOP + DONE)
        }
        pour()
      }),
    )
    const gate = await opened(gateway({ ...target(flood.url), idle_timeout: 100 }))
    const response = await open(gate.url)
    // Longer than the deadline, while the whole line of buffers is full.
    const quiet = await opened(stalls())
    const clock = await opened(gateway({ ...target(quiet.url), first_chunk_timeout: 300 }))
    await chat(clock.url)
    const result = await read(response)
    assert.equal(result.done, true)
    assert.equal(result.text.length, 400 * 64 * 1024)
    assert.equal(gate.attempts[0]?.outcome, 'whole')
  })

  it('request_timeout ends with the provider’s terminal, however long the rest takes on its way to the client', async () => {
    const up = await opened(scripted({ chunks: [answer('Hello', ' there').join('')] }))
    const passed = Promise.withResolvers<void>()
    const slow = () =>
      new Transform({
        objectMode: true,
        transform: (chunk, _encoding, done) => void passed.promise.then(() => done(null, chunk)),
      })
    const gate = await opened(gateway({ ...target(up.url), request_timeout: 200 }, { transforms: () => [slow()] }))
    const result = chat(gate.url)
    await up.request(0)
    // Longer than the deadline.
    const clock = await opened(gateway({ ...target((await opened(stalls())).url), first_chunk_timeout: 400 }))
    await chat(clock.url)
    passed.resolve()
    assert.equal((await result).text, 'Hello there')
    assert.equal((await result).done, true)
  })

  it('connect_timeout begins when images have been fetched', async () => {
    const png = { headers: { 'content-type': 'image/png' }, chunks: [Buffer.from('89504e470d0a1a0a', 'hex')] }
    const media = await opened(scripted(png))
    const good = await opened(scripted(GOOD))
    const silent = net.createServer()
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as net.AddressInfo
    const google = { provider: 'google', api_key: 'k', custom_host: `https://127.0.0.1:${port}`, connect_timeout: 50 }
    const gate = await opened(
      gateway(fallback(google, target(good.url)), { requestConfig: { allowPrivateHosts: true } }),
    )
    const content = [{ type: 'image_url', image_url: { url: media.url } }]
    assert.equal((await chat(gate.url, { ...HELLO, messages: [{ role: 'user', content }] })).text, 'Hello there')
    assert.match(gate.attempts[0]?.failure?.message ?? '', /connect_timeout of 50 ms/)
    assert.equal(media.requests.length, 1)
    silent.close()
  })

  it('a response that does not end after its terminal is closed', async () => {
    const up = await opened(scripted({ ...GOOD, finish: 'hang' }))
    const gate = await opened(gateway(target(up.url)))
    assert.equal((await chat(gate.url)).done, true)
    await up.requests[0]?.closed
    assert.equal(gate.attempts[0]?.outcome, 'whole')
  })

  it('a client that takes nothing for clientTimeout is taken for gone', async () => {
    const piece = text('x'.repeat(64 * 1024))
    const flood = await opened(
      scripted((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        const pour = () => {
          while (res.write(piece));
          res.once('drain', pour)
        }
        pour()
      }),
    )
    const gate = await opened(gateway(target(flood.url), { limits: { clientTimeout: 50 } }))
    const response = await open(gate.url)
    response.on('error', () => {})
    assert.equal((await gate.finished()).outcome, 'aborted')
    await flood.requests[0]?.closed
    response.destroy()
  })
})
