import assert from 'node:assert/strict'
import type { AttemptStart, Options, Outcome, RequestStart, Resumed } from '../../lib/index.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, type Gateway, gateway, target } from '../helpers/gateway.ts'
import { answer, type Reply, ROLE, STOP, scripted, text } from '../helpers/upstream.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const FAILS: Reply = { status: 503, chunks: ['{"error":{"message":"busy"}}'] }
const FOX: Reply = { chunks: [ROLE, text('The quick brown fox '), text('jumps ')], finish: 'reset' }

interface Seen {
  requests: RequestStart[]
  attempts: AttemptStart[]
  resumed: [attempt: number, how: Resumed][]
}

describe('hooks report of a request', () => {
  const opened = cleanup()

  const listen = async (config: unknown, options: Options = {}): Promise<Gateway & { seen: Seen }> => {
    const seen: Seen = { requests: [], attempts: [], resumed: [] }
    const gate = await opened(
      gateway(config, {
        ...options,
        onRequest: (request) => seen.requests.push(request),
        onAttemptStart: (attempt) => seen.attempts.push(attempt),
        onResume: ({ attempt }, how) => seen.resumed.push([attempt, how]),
      }),
    )
    return { ...gate, seen }
  }

  it('what was asked, and the trace that it belongs to, before the first attempt', async () => {
    const up = await opened(scripted({ chunks: answer('a') }))
    const { url, seen } = await listen(target(up.url), {})
    const body = { ...HELLO, metadata: { user: 'u1' } }
    const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=1' }
    await chat(url, body, { ...trace, authorization: 'Bearer x' })
    const [request] = seen.requests
    assert.match(request?.requestId ?? '', UUID)
    assert.deepEqual(
      { ...request, setTraceId: undefined, request: request?.request.messages },
      {
        requestId: request?.requestId,
        setTraceId: undefined,
        ...{ dialect: 'chat-completions', model: 'm', stream: true, metadata: { user: 'u1' }, traceHeaders: trace },
        request: HELLO.messages,
      },
    )
  })

  it('not that it began, if it is wrong itself; but its end, by the id that the client gets', async () => {
    const gate = await listen(target('http://127.0.0.1:9'))
    const { headers } = await chat(gate.url, '{')
    assert.deepEqual(gate.seen.requests, [])
    assert.equal((await gate.finished()).requestId, headers['x-request-id'])
  })

  describe('one id in all hooks and in the answer:', () => {
    for (const [what, given, isKept] of [
      ["the client's", 'req_abc-123', true],
      ['a new one where that is too long', 'x'.repeat(129), false],
      ['a new one where that could not stand in a log as it is', 'a b;"c"', false],
      ['a new one where there is none', undefined, false],
    ] as const) {
      for (const stream of [true, false]) {
        it(`${what} (stream: ${stream})`, async () => {
          const up = await opened(scripted(FAILS, { chunks: answer('a') }))
          const gate = await listen({ ...target(up.url), retry: { attempts: 1 } })
          const { headers } = await chat(
            gate.url,
            { ...HELLO, stream },
            given === undefined ? {} : { 'x-request-id': given },
          )
          const id = String(headers['x-request-id'])
          if (isKept) assert.equal(id, given)
          else assert.match(id, UUID)
          const { seen, attempts, outcomes } = gate
          const ids = [...seen.requests, ...seen.attempts, ...attempts, ...outcomes].map(({ requestId }) => requestId)
          assert.deepEqual(ids, Array(6).fill(id))
        })
      }
    }

    it('an error envelope has it too', async () => {
      const up = await opened(scripted(FAILS))
      const gate = await listen(target(up.url))
      const { status, headers } = await chat(gate.url, HELLO, { 'x-request-id': 'mine' })
      assert.deepEqual([status, headers['x-request-id']], [503, 'mine'])
    })

    it('two requests under way with the same one get different ones', async () => {
      const up = await opened(scripted({ chunks: answer('a') }))
      const both = Promise.withResolvers<void>()
      const gate = await listen(target(up.url), {
        credentials: async () => {
          if (gate.seen.requests.length === 2) both.resolve()
          await both.promise
          return 'key'
        },
      })
      const answers = await Promise.all([1, 2].map(() => chat(gate.url, HELLO, { 'x-request-id': 'mine' })))
      const ids = answers.map(({ headers }) => String(headers['x-request-id'])).sort()
      assert.equal(ids[0], 'mine')
      assert.match(ids[1] ?? '', /^mine\../)
      const { headers } = await chat(gate.url, HELLO, { 'x-request-id': 'mine' })
      assert.equal(headers['x-request-id'], 'mine')
    })
  })

  it('why each attempt was made', async () => {
    const first = await opened(scripted(FAILS))
    const second = await opened(scripted({ chunks: answer('fine') }))
    const retried = target(first.url, { retry: { attempts: 1 } })
    const { url, seen, finished } = await listen(fallback(retried, target(second.url)))
    await chat(url)
    assert.deepEqual(
      seen.attempts.map(({ attempt, reason, resume }) => [attempt, reason, resume]),
      [
        [1, 'first', 'fresh'],
        [2, 'retry', 'fresh'],
        [3, 'fallback', 'fresh'],
      ],
    )
    assert.deepEqual(counts(await finished()), { retries: 1, fallbacks: 1 })
  })

  it('that an attempt runs beside a late one', async () => {
    const slow = await opened(scripted({ chunks: [ROLE], finish: 'hang' }))
    const quick = await opened(scripted({ chunks: answer('quick') }))
    const targets = [target(slow.url), target(quick.url)]
    const { url, seen, finished } = await listen({ strategy: { mode: 'hedge', delay: 30, max_extra: 1 }, targets })
    await chat(url)
    assert.deepEqual(
      seen.attempts.map(({ reason }) => reason),
      ['first', 'hedge'],
    )
    assert.deepEqual(counts(await finished()), { hedges: 1 })
  })

  it('how the answer ended, and which model it was of', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }, { chunks: [ROLE, text('half')], finish: 'reset' }))
    const gate = await listen(target(up.url))
    await chat(gate.url)
    await chat(gate.url)
    const [whole, broken] = gate.attempts
    assert.deepEqual([whole?.response?.model, whole?.response?.finishReasons], ['gpt-up', ['stop']])
    assert.match(whole?.response?.id ?? '', /^chatcmpl-/)
    assert.equal(broken?.response, undefined)
  })

  it("what a target's circuit is seen to be, when it changes", async () => {
    const states: string[] = []
    const fails = await opened(scripted(FAILS, FAILS, FAILS, { chunks: answer('fine') }))
    const breaker = { failure_threshold: 2, cooldown_interval: 1 }
    const gate = await listen(target(fails.url, { name: 'a', cb_config: breaker }), {
      onCircuit: ({ target: name, before, state }) => states.push(`${name}: ${before} → ${state}`),
    })
    /** Within the millisecond it would be asked all the same, as the only target there is, and that is no probe. */
    const cooledDown = () => {
      const from = Date.now()
      return until(async () => Date.now() > from + 1)
    }
    await chat(gate.url)
    await chat(gate.url)
    // Opened by the second failure; its first probe fails, the next one answers.
    await cooledDown()
    await chat(gate.url)
    await cooledDown()
    await chat(gate.url)
    assert.deepEqual(states, [
      'a: undefined → closed',
      'a: closed → open',
      'a: open → half-open',
      'a: half-open → open',
      'a: open → half-open',
      'a: half-open → closed',
    ])
  })

  describe('how a broken answer went on:', () => {
    const brown = 'The quick brown fox jumps over the lazy dog'
    type Case = [
      what: string,
      config: Record<string, unknown>,
      next: Reply[],
      resumed: Seen['resumed'],
      outcome: Partial<Outcome>,
    ]
    const cases: Case[] = [
      [
        'another one, which is announced',
        { mid_stream: 'restart' },
        [{ chunks: answer('A red fox') }],
        [[2, 'restart']],
        { fallbacks: 1, restarts: 1 },
      ],
      [
        'a shorter one',
        { mid_stream: 'restart' },
        [{ chunks: answer('The quick') }],
        [[2, 'restart']],
        { fallbacks: 1, restarts: 1 },
      ],
      [
        'the same, whose beginning is held back',
        { mid_stream: 'restart' },
        [{ chunks: answer(brown) }],
        [[2, 'splice']],
        { fallbacks: 1, recoveries: 1 },
      ],
      [
        'the rest, behind a prefill',
        { mid_stream: ['continue', 'restart'], prefill: true },
        [{ chunks: answer(' over the lazy dog') }],
        [[2, 'continuation']],
        { fallbacks: 1, recoveries: 1 },
      ],
      [
        'the rest, asked for in a simpler way when the first was refused',
        { mid_stream: ['continue', 'restart'], prefill: true },
        [
          { status: 400, chunks: ['{"error":{"message":"no prefill"}}'] },
          { chunks: answer('quick brown fox jumps over') },
        ],
        [[3, 'continuation']],
        { fallbacks: 1, recoveries: 1 },
      ],
      ['not at all', { mid_stream: 'error' }, [], [], { truncated: true }],
    ]
    for (const [what, settings, next, resumed, expected] of cases) {
      it(what, async () => {
        const bad = await opened(scripted(FOX))
        const good = await opened(scripted(...next))
        const gate = await listen({ ...settings, ...fallback(target(bad.url), target(good.url)) })
        await chat(gate.url)
        assert.deepEqual(gate.seen.resumed, resumed)
        assert.deepEqual(counts(await gate.finished()), expected)
        assert.deepEqual(
          gate.attempts.flatMap(({ attempt, resumed: how }) => (how === undefined ? [] : [[attempt, how]])),
          resumed,
        )
      })
    }

    const more: Reply = { chunks: [ROLE, text(`${brown} over`)], finish: 'reset' }
    const evenMore: Reply = { chunks: [ROLE, text(`${brown} over the lazy`)], finish: 'reset' }
    const breaks: [what: string, replies: Reply[], expected: Partial<Outcome>][] = [
      [
        'is one recovery',
        [more, evenMore, { chunks: answer(`${brown} over the lazy dog`) }],
        { fallbacks: 3, recoveries: 1 },
      ],
      ['is none if it was lost in the end', [more, evenMore], { fallbacks: 2, truncated: true }],
    ]
    for (const [what, replies, expected] of breaks) {
      it(`an answer that broke more than once ${what}`, async () => {
        const targets = [FOX, ...replies].map((reply) => opened(scripted(reply)))
        const urls = (await Promise.all(targets)).map(({ url }) => target(url))
        const gate = await listen({ mid_stream: 'restart', ...fallback(...urls) })
        await chat(gate.url)
        assert.deepEqual(counts(await gate.finished()), expected)
      })
    }

    it('each attempt has the way in which it was asked', async () => {
      const bad = await opened(scripted(FOX))
      const refusal: Reply = { status: 400, chunks: ['{"error":{"message":"no prefill"}}'] }
      const good = await opened(scripted(refusal, { chunks: answer('quick brown fox jumps over') }))
      const gate = await listen({
        ...fallback(target(bad.url), target(good.url)),
        ...{ mid_stream: 'continue', prefill: true },
      })
      await chat(gate.url)
      assert.deepEqual(
        gate.seen.attempts.map(({ reason, resume }) => [reason, resume]),
        [
          ['first', 'fresh'],
          ['fallback', 'append'],
          ['simpler-way', 'anchor'],
        ],
      )
    })

    it('nothing of it before the first content: there is nothing to join', async () => {
      const bad = await opened(scripted({ chunks: [ROLE], finish: 'reset' }))
      const good = await opened(scripted({ chunks: answer('a') }))
      const gate = await listen(fallback(target(bad.url), target(good.url)))
      await chat(gate.url)
      assert.deepEqual(gate.seen.resumed, [])
    })

    it('an answer whose end alone was missing is spliced', async () => {
      const bad = await opened(scripted({ chunks: [ROLE, text('all of it'), STOP], finish: 'reset' }))
      const good = await opened(scripted({ chunks: answer('all of it') }))
      const gate = await listen({ ...fallback(target(bad.url), target(good.url)), mid_stream: 'restart' })
      assert.equal((await chat(gate.url)).text, 'all of it')
      assert.deepEqual(gate.seen.resumed, [[2, 'splice']])
    })
  })
})

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done()));
}

/** What of the counts is not 0 or false. */
function counts({ retries, fallbacks, hedges, restarts, recoveries, truncated }: Outcome): Partial<Outcome> {
  const all = { retries, fallbacks, hedges, restarts, recoveries, truncated }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0 && value !== false))
}
