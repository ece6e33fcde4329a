import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import express from 'express'
import { type BreakerStore, memoryStore, type Outcome, streamgate } from '../../lib/index.ts'
import { HELLO, open, serve, start } from '../helpers/client.ts'
import { cleanup, describeMounts, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, ROLE, scripted, text } from '../helpers/upstream.ts'

describeMounts('a client that leaves', (gateway) => {
  const opened = cleanup()

  for (const stream of [true, false]) {
    for (const retries of [0, 3]) {
      const name = `stream: ${stream}, retries: ${retries}`
      it(`while it waits for headers: the upstream closes and no other is asked (${name})`, async () => {
        const up = await opened(scripted(() => {}))
        const other = await opened(scripted({ chunks: answer('no') }))
        const logged: unknown[] = []
        const config = { ...fallback(target(up.url), target(other.url)), retry: { attempts: retries } }
        const gate = await opened(gateway(config, { logger: { error: (error: unknown) => logged.push(error) } }))
        const request = start(gate.url, { ...HELLO, stream })
        const recorded = await up.request(0)
        request.destroy()
        await recorded.closed
        const { outcome, attempts } = await gate.finished()
        assert.deepEqual([outcome, attempts], ['aborted', 1])
        assert.deepEqual([up.requests.length, other.requests.length], [1, 0])
        // It is no fault of ours.
        assert.deepEqual(logged, [])
      })
    }

    it(`while it waits for content (stream: ${stream})`, async () => {
      const up = await opened(scripted({ chunks: [': ping\n\n', ROLE], finish: 'hang' }))
      const gate = await opened(gateway(target(up.url)))
      const request = start(gate.url, { ...HELLO, stream })
      const recorded = await up.request(0)
      request.destroy()
      await recorded.closed
      assert.equal((await gate.finished()).outcome, 'aborted')
    })
  }

  it('in mid-stream', async () => {
    const up = await opened(scripted({ chunks: [ROLE, text('Hel')], finish: 'hang' }))
    const gate = await opened(gateway(target(up.url)))
    const response = await open(gate.url)
    await once(response, 'data')
    response.on('error', () => {})
    response.destroy()
    await up.requests[0]?.closed
    const outcome = await gate.finished()
    assert.equal(outcome.outcome, 'aborted')
    assert.equal(outcome.chunks, 1)
  })

  it('during a backoff: no further attempt starts', async () => {
    // Longer than a test may take: who waits for the end of it fails.
    const up = await opened(scripted({ status: 503, headers: { 'retry-after-ms': '60000' }, chunks: ['{}'] }))
    let backingOff = () => {}
    const failed = new Promise<void>((resolve) => {
      backingOff = resolve
    })
    const gate = await opened(
      gateway({ ...target(up.url), retry: { attempts: 5, max_delay: 60_000 } }, { onAttemptEnd: () => backingOff() }),
    )
    const request = start(gate.url)
    await failed
    request.destroy()
    assert.equal((await gate.finished()).outcome, 'aborted')
    assert.equal(up.requests.length, 1)
  })

  it('between two attempts', async () => {
    const up = await opened(scripted({ status: 500, chunks: ['{}'] }))
    const other = await opened(scripted({ chunks: answer('no') }))
    let leave = () => {}
    const gate = await opened(
      gateway(fallback(target(up.url), target(other.url)), {
        onAttemptEnd: ({ attempt }) => {
          if (attempt === 1) leave()
        },
        // The second attempt waits here until the leaving has arrived.
        credentials: ({ name }) => (name === 'targets[1]' ? new Promise<string>(() => {}) : 'sk-test'),
      }),
    )
    const request = start(gate.url)
    leave = () => request.destroy()
    assert.equal((await gate.finished()).outcome, 'aborted')
    assert.equal(other.requests.length, 0)
  })
})

describe('a client that leaves a server', () => {
  const opened = cleanup()

  for (const parse of [true, false]) {
    it(`while others have its request: no provider is asked (parsed: ${parse})`, async () => {
      const up = await opened(scripted({ chunks: answer('no') }))
      const done = Promise.withResolvers<Outcome>()
      const logged: unknown[] = []
      const handler = streamgate(
        { ...target(up.url), keep_alive: 1 },
        { onFinish: done.resolve, logger: { error: (error: unknown) => logged.push(error) } },
      )
      const came = Promise.withResolvers<void>()
      const app = parse ? express().use(express.json()) : express()
      app.use((_req, res, next) => {
        res.once('close', () => next())
        came.resolve()
      })
      const server = await opened(serve(app.use('/v1', handler)))
      const request = start(server.url)
      await came.promise
      request.destroy()
      const { outcome, attempts } = await done.promise
      assert.deepEqual([outcome, attempts, up.requests.length, logged], ['aborted', 0, 0, []])
      handler.close()
    })
  }

  it('while a breaker’s store is asked: no provider is asked after that', async () => {
    const up = await opened(scripted({ chunks: answer('no') }))
    const [came, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const breakerStore: BreakerStore = {
      ...memoryStore(),
      async get() {
        came.resolve()
        await left.promise
        return undefined
      },
    }
    const done = Promise.withResolvers<Outcome>()
    const config = { ...target(up.url), cb_config: { failure_threshold: 1 } }
    // What still fails then must be heard by somebody, lest it end the process.
    const credentials = () => Promise.reject(new Error('late'))
    const handler = streamgate(config, { breakerStore, credentials, onFinish: done.resolve })
    const server = await opened(
      serve((req, res) => {
        res.once('close', left.resolve)
        handler(req, res)
      }),
    )
    const request = start(server.url)
    await came.promise
    request.destroy()
    assert.equal((await done.promise).outcome, 'aborted')
    assert.equal(up.requests.length, 0)
    handler.close()
  })

  it('while it sends its request', async () => {
    const up = await opened(scripted({ chunks: answer('no') }))
    const gate = await opened(gateway(target(up.url)))
    const request = http.request(`${gate.url}/v1/chat/completions`, { method: 'POST', agent: false })
    request.on('error', () => {})
    request.write('{"model":"m","mess')
    await once(request, 'socket')
    await once(request.socket as NodeJS.EventEmitter, 'connect')
    request.destroy()
    assert.equal((await gate.finished()).outcome, 'aborted')
    assert.equal(up.requests.length, 0)
  })

  it('by a FIN: the half that it could still read on counts for nothing', async () => {
    const up = await opened(scripted(() => {}))
    const gate = await opened(gateway(target(up.url)))
    const body = JSON.stringify(HELLO)
    const client = net.connect({ port: Number(new URL(gate.url).port), host: '127.0.0.1', allowHalfOpen: true })
    client.on('error', () => {})
    client.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    const recorded = await up.request(0)
    client.end()
    await recorded.closed
    assert.equal((await gate.finished()).outcome, 'aborted')
    client.destroy()
  })
})
