import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { HELLO, open } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, ROLE, scripted, text } from '../helpers/upstream.ts'

/** A request that can leave before its response came. */
function start(url: string, body: unknown = HELLO): http.ClientRequest {
  const request = http.request(`${url}/v1/chat/completions`, { method: 'POST', agent: false })
  request.on('error', () => {})
  request.end(JSON.stringify(body))
  return request
}

describe('a client that leaves', () => {
  const opened = cleanup()

  for (const stream of [true, false]) {
    it(`while it waits for headers: the upstream closes and no other is asked (stream: ${stream})`, async () => {
      const up = await opened(scripted(() => {}))
      const other = await opened(scripted({ chunks: answer('no') }))
      const gate = await opened(gateway({ ...fallback(target(up.url), target(other.url)), retry: { attempts: 3 } }))
      const request = start(gate.url, { ...HELLO, stream })
      const recorded = await up.request(0)
      request.destroy()
      await recorded.closed
      assert.equal((await gate.finished()).outcome, 'aborted')
      assert.equal(up.requests.length, 1)
      assert.equal(other.requests.length, 0)
    })

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
    const up = await opened(scripted({ status: 503, headers: { 'retry-after-ms': '9000' }, chunks: ['{}'] }))
    let backingOff = () => {}
    const failed = new Promise<void>((resolve) => {
      backingOff = resolve
    })
    const gate = await opened(
      gateway({ ...target(up.url), retry: { attempts: 5 } }, { onAttemptEnd: () => backingOff() }),
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

  it('while it sends its request', async () => {
    const up = await opened(scripted({ chunks: answer('no') }))
    const gate = await opened(gateway(target(up.url)))
    const request = http.request(`${gate.url}/v1/chat/completions`, { method: 'POST', agent: false })
    request.on('error', () => {})
    request.write('{"model":"m","mess')
    await once(request, 'socket')
    await once(request.socket as NodeJS.EventEmitter, 'connect')
    request.destroy()
    await gate.finished()
    assert.equal(up.requests.length, 0)
  })
})
