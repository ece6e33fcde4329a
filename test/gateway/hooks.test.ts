import assert from 'node:assert/strict'
import { Transform } from 'node:stream'
import express from 'express'
import { type AttemptStart, type Chunk, type Outcome, streamgate } from '../../lib/index.ts'
import { chat, HELLO, serve } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, ROLE, scripted, text, USAGE } from '../helpers/upstream.ts'

describe('hooks', () => {
  const opened = cleanup()

  it('may be asynchronous, and then fail without effect', async () => {
    const up = await opened(scripted({ chunks: answer('a') }))
    const failed = async () => {
      throw new Error('no metrics')
    }
    const [logged, twice] = [[] as unknown[], Promise.withResolvers<void>()]
    const error = (each: unknown) => {
      if (logged.push(String(each)) === 2) twice.resolve()
    }
    const gate = await opened(gateway(target(up.url), { onAttemptStart: failed, onChunk: failed, logger: { error } }))
    assert.equal((await chat(gate.url)).text, 'a')
    await twice.promise
    assert.equal(logged[0], 'Error: no metrics')
  })

  it('tell each attempt and what became of the request', async () => {
    const bad = await opened(scripted({ chunks: [ROLE, text('Hel'), USAGE], finish: 'reset' }))
    const good = await opened(scripted({ chunks: answer('Hello') }))
    const started: AttemptStart[] = []
    const chunks: Chunk[] = []
    const config = {
      ...fallback(target(bad.url, { name: 'first' }), target(good.url)),
      metadata: { team: 'a', user: 'x' },
    }
    const gate = await opened(
      gateway(config, { onAttemptStart: (each) => started.push(each), onChunk: (chunk) => chunks.push(chunk) }),
    )
    await chat(gate.url, { ...HELLO, metadata: { user: 'u1' } })
    const metadata = { team: 'a', user: 'u1' }

    const [first, second] = gate.attempts
    const common = { requestId: first?.requestId, resume: 'fresh', provider: 'openai', model: 'm', metadata }
    assert.deepEqual(started, [
      { ...common, attempt: 1, reason: 'first', target: 'first' },
      { ...common, attempt: 2, reason: 'fallback', resume: 'anchor', target: 'targets[1]' },
    ])
    assert.equal(first?.outcome, 'failed')
    assert.equal(first?.failure?.kind, 'truncated')
    assert.equal(second?.outcome, 'whole')
    for (const { timings } of gate.attempts) {
      const { connected = 0, headers = 0, firstContent = 0, total } = timings
      assert.ok(connected > 0 && connected <= headers && headers <= firstContent && firstContent <= total)
    }
    assert.ok(chunks.length >= 4)

    const outcome = gate.outcomes[0] as Outcome
    assert.equal(outcome.outcome, 'whole')
    assert.deepEqual(
      [outcome.target, outcome.provider, outcome.model, outcome.attempts],
      ['targets[1]', 'openai', 'm', 2],
    )
    assert.deepEqual(outcome.usage, { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 })
    assert.deepEqual(outcome.wastedUsage, [{ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }])
    assert.deepEqual(outcome.metadata, metadata)
    assert.ok((outcome.timeToFirstChunk ?? 0) > 0 && (outcome.timeToFirstChunk ?? 0) <= outcome.duration)
    assert.equal(outcome.chunks, chunks.length)
  })

  it('tell of rejected requests too', async () => {
    const gate = await opened(gateway(target('http://127.0.0.1:9')))
    await chat(gate.url, '{')
    const outcome = await gate.finished()
    assert.equal(outcome.outcome, 'rejected')
    assert.equal(outcome.attempts, 0)
  })

  it('that throw are logged and harm nothing', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const logged: unknown[] = []
    const boom = () => {
      throw new Error('hook')
    }
    const handler = streamgate(target(up.url), {
      onAttemptStart: boom,
      onAttemptEnd: boom,
      onChunk: boom,
      onFinish: boom,
      logger: { error: (error: unknown) => logged.push(error) },
    })
    const server = await opened(serve((req, res) => handler(req, res)))
    assert.equal((await chat(server.url)).text, 'fine')
    assert.ok(logged.length >= 4)
    handler.close()
  })

  it('res.locals.streamgate holds the outcome when the response finishes', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const handler = streamgate(target(up.url))
    const app = express()
    const seen: unknown[] = []
    app.use((_req, res, next) => {
      res.on('finish', () => seen.push(res.locals.streamgate?.outcome))
      next()
    })
    app.use('/v1', handler)
    const server = await opened(serve(app))
    await chat(server.url)
    await chat(server.url, '{')
    assert.deepEqual(seen, ['whole', 'rejected'])
    handler.close()
  })

  it('transforms see and change chunks, fresh at each attempt', async () => {
    const bad = await opened(scripted({ chunks: [ROLE, text('hel')], finish: 'reset' }))
    const good = await opened(scripted({ chunks: answer('hello ', 'there') }))
    let made = 0
    const gate = await opened(
      gateway(fallback(target(bad.url), target(good.url)), {
        transforms: () => {
          made += 1
          return [
            new Transform({
              objectMode: true,
              transform(chunk: Chunk, _encoding, done) {
                const choices = chunk.choices.map((choice) => ({
                  ...choice,
                  delta: {
                    ...choice.delta,
                    ...(choice.delta.content && { content: choice.delta.content.toUpperCase() }),
                  },
                }))
                done(null, { ...chunk, choices })
              },
            }),
          ]
        },
      }),
    )
    const result = await chat(gate.url)
    assert.equal(result.text, 'HELLO THERE')
    assert.equal(result.done, true)
    assert.equal(made, 2)
  })

  it('a transform that fails is a failed attempt', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    for (const fail of [
      (_chunk: Chunk, _encoding: string, done: (error?: Error) => void) => done(new Error('mine')),
      () => {
        throw new Error('mine')
      },
    ]) {
      const logged: unknown[] = []
      const gate = await opened(
        gateway(target(up.url), {
          transforms: () => [new Transform({ objectMode: true, transform: fail })],
          logger: { error: (error: unknown) => logged.push(error) },
        }),
      )
      const result = await chat(gate.url)
      assert.equal(result.status, 502)
      assert.equal(gate.outcomes[0]?.outcome, 'failed')
      assert.match(String(logged), /mine/)
    }
  })

  it('a transform that loses the finish reason is a failed attempt: its answer never looks finished', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const losing = (all: boolean) => () => [
      new Transform({
        objectMode: true,
        transform(chunk: Chunk, _encoding, done) {
          const ends = chunk.choices.some(({ finish_reason }) => finish_reason !== null)
          done(null, all || ends ? undefined : chunk)
        },
      }),
    ]
    const streamed = await opened(gateway(target(up.url), { transforms: losing(false) }))
    const lost = await chat(streamed.url)
    assert.equal(lost.text, 'fine')
    assert.match(lost.frames.at(-1)?.error?.message ?? '', /transform/)
    assert.equal(lost.done, false)
    for (const stream of [true, false]) {
      const gate = await opened(gateway(target(up.url), { transforms: losing(true) }))
      assert.equal((await chat(gate.url, { ...HELLO, stream })).status, 502)
    }
  })

  const STALLING: Record<string, () => Transform> = {
    'that stalls': () => new Transform({ objectMode: true, transform() {} }),
    'that never ends': () =>
      new Transform({ objectMode: true, transform: (chunk, _encoding, done) => done(null, chunk), flush() {} }),
  }
  for (const [which, transform] of Object.entries(STALLING)) {
    for (const name of ['idle_timeout', 'total_timeout'] as const) {
      it(`a transform ${which} is ended by ${name}`, async () => {
        const up = await opened(scripted({ chunks: answer('fine') }))
        const gate = await opened(gateway({ ...target(up.url), [name]: 150 }, { transforms: () => [transform()] }))
        for (const stream of [true, false]) {
          const { status, done, frames, body } = await chat(gate.url, { ...HELLO, stream })
          assert.equal(done, false)
          const message = status === 200 ? frames.at(-1)?.error?.message : JSON.parse(body).error.message
          assert.match(message, new RegExp(`did not come out of its transforms in time: ${name} of \\d+ ms passed`))
        }
      })
    }
  }

  it('tell the time to the first content, whatever comes after it', async () => {
    const next = Promise.withResolvers<void>()
    const up = await opened(scripted({ chunks: [ROLE + text('a'), answer('b').join('')], gate: () => next.promise }))
    let [before, after] = [0, 0]
    const gate = await opened(
      gateway(target(up.url), {
        onAttemptStart() {
          before = performance.now()
        },
        onChunk() {
          after ||= performance.now()
          next.resolve()
        },
      }),
    )
    await chat(gate.url)
    const told = gate.attempts[0]?.timings.firstContent ?? Number.POSITIVE_INFINITY
    assert.ok(told <= after - before, `${told} ms of ${after - before} ms`)
  })
})
