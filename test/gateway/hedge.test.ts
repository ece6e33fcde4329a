import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { chat, HELLO, start } from '../helpers/client.ts'
import { cleanup, describeMounts, target } from '../helpers/gateway.ts'
import { answer, DONE, frame, openaiChunk, type Reply, ROLE, STOP, scripted, text, USAGE } from '../helpers/upstream.ts'

const hedge = (targets: Record<string, unknown>[], more: Record<string, unknown> = {}) => ({
  strategy: { mode: 'hedge', delay: 30, max_extra: 1, ...more },
  targets,
})
const SLOW: Reply = { chunks: [': ping\n\n', ROLE], finish: 'hang' }

describeMounts('hedging', (gateway) => {
  const opened = cleanup()

  for (const stream of [true, false]) {
    it(`starts the next target beside a late one; the first content wins, the other is ended (stream: ${stream})`, async () => {
      const slow = await opened(scripted(SLOW))
      const quick = await opened(scripted({ chunks: answer('quick') }))
      const gate = await opened(gateway(hedge([target(slow.url), target(quick.url)])))
      const result = await chat(gate.url, { ...HELLO, stream })
      if (stream) assert.equal(result.text, 'quick')
      else assert.equal(JSON.parse(result.body).choices[0].message.content, 'quick')
      await slow.requests[0]?.closed
      const outcome = await gate.finished()
      assert.equal(outcome.outcome, 'whole')
      assert.equal(outcome.target, 'targets[1]')
      assert.equal(outcome.attempts, 2)
      assert.deepEqual(gate.attempts.map((each) => each.outcome).sort(), ['aborted', 'whole'])
    })
  }

  it('starts none beside a target that is in time', async () => {
    const quick = await opened(scripted({ chunks: answer('quick') }))
    const other = await opened(scripted({ chunks: answer('no') }))
    const gate = await opened(gateway(hedge([target(quick.url), target(other.url)], { delay: 5_000 })))
    assert.equal((await chat(gate.url)).text, 'quick')
    assert.equal(other.requests.length, 0)
  })

  it('lets the late one win if its content is first', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const late = await opened(
      scripted(async (_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        res.write(ROLE)
        await held
        res.end(text('late') + STOP + DONE)
      }),
    )
    const hung = await opened(
      scripted((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        res.write(ROLE)
        release()
      }),
    )
    const gate = await opened(gateway(hedge([target(late.url), target(hung.url)])))
    assert.equal((await chat(gate.url)).text, 'late')
    assert.equal((await gate.finished()).target, 'targets[0]')
    await hung.requests[0]?.closed
  })

  for (const [name, reply] of Object.entries({
    'an error': { status: 500, chunks: ['{}'] },
    'an error frame': { chunks: [frame({ error: { message: 'no' } })] },
    'an empty stream': { chunks: [ROLE, STOP, DONE] },
    'a cut before content': { chunks: [ROLE], finish: 'reset' },
  } as Record<string, Reply>)) {
    it(`${name} never wins`, async () => {
      let release = () => {}
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      const late = await opened(
        scripted(async (_req, res) => {
          res.writeHead(200, { 'content-type': 'text/event-stream' })
          res.write(ROLE)
          await held
          res.end(text('late') + STOP + DONE)
        }),
      )
      const bad = await opened(scripted(reply))
      const gate = await opened(gateway(hedge([target(late.url), target(bad.url)]), { onAttemptEnd: () => release() }))
      assert.equal((await chat(gate.url)).text, 'late')
    })
  }

  it('goes on with the plan when both fail', async () => {
    const hung = await opened(scripted({ ...SLOW, finish: 'hang' }))
    const bad = await opened(scripted({ status: 500, chunks: ['{}'] }))
    const good = await opened(scripted({ chunks: answer('third') }))
    const targets = [target(hung.url, { first_chunk_timeout: 100 }), target(bad.url), target(good.url)]
    const gate = await opened(gateway(hedge(targets)))
    assert.equal((await chat(gate.url)).text, 'third')
    assert.equal(bad.requests.length, 1)
  })

  it('goes on to the second target when the first fails in time', async () => {
    const bad = await opened(scripted({ status: 500, chunks: ['{}'] }))
    const good = await opened(scripted({ chunks: answer('second') }))
    const gate = await opened(gateway(hedge([target(bad.url), target(good.url)], { delay: 5_000 })))
    assert.equal((await chat(gate.url)).text, 'second')
  })

  it('a winner that breaks is rescued by the other target', async () => {
    const slow = await opened(scripted(SLOW))
    const broken = await opened(scripted({ chunks: [ROLE, text('Hello ')], finish: 'reset' }))
    const good = await opened(scripted({ chunks: answer('Hello there') }))
    const gate = await opened(gateway(hedge([target(slow.url), target(broken.url), target(good.url)])))
    const result = await chat(gate.url)
    assert.equal(result.text, 'Hello there')
    assert.deepEqual(result.comments, [])
  })

  it('a winner that breaks is rescued by the one that was ended for it', async () => {
    const late = await opened(scripted(SLOW, { chunks: answer('Hello there') }))
    const broken = await opened(scripted({ chunks: [ROLE, text('Hello ')], finish: 'reset' }))
    const gate = await opened(gateway(hedge([target(late.url), target(broken.url)])))
    const result = await chat(gate.url)
    assert.equal(result.text, 'Hello there')
    assert.deepEqual(result.comments, [])
    assert.equal(late.requests.length, 2)
  })

  it('a tool call is content, though it is held back', async () => {
    const slow = await opened(scripted(SLOW))
    const call = openaiChunk({
      tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
    })
    const calls = await opened(scripted({ chunks: [ROLE, call, openaiChunk({}, 'tool_calls'), DONE] }))
    const gate = await opened(gateway(hedge([target(slow.url), target(calls.url)])))
    const result = await chat(gate.url)
    assert.deepEqual(result.finish, ['tool_calls'])
    await slow.requests[0]?.closed
  })

  it('both usages are reported', async () => {
    const slow = await opened(scripted({ chunks: [ROLE, USAGE], finish: 'hang' }))
    const quick = await opened(scripted({ chunks: answer('quick') }))
    const gate = await opened(gateway(hedge([target(slow.url), target(quick.url)])))
    await chat(gate.url)
    const { usage, wastedUsage } = await gate.finished()
    assert.equal(usage?.total_tokens, 5)
    assert.equal(wastedUsage.length, 1)
  })

  it('knows how long a target takes, from its last answers, before it calls one late', async () => {
    const late = (_req: unknown, res: ServerResponse) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      setTimeout(() => res.end(answer('one').join('')), 20)
    }
    const known: Reply[] = Array.from({ length: 17 }, () => ({ chunks: answer('one') }))
    const one = await opened(scripted(late, late, late, ...known, SLOW))
    const two = await opened(scripted({ chunks: answer('two') }))
    const gate = await opened(gateway(hedge([target(one.url), target(two.url)], { delay: 'p95' })))
    for (let n = 0; n < 20; n += 1) assert.equal((await chat(gate.url)).text, 'one')
    assert.equal(two.requests.length, 0)
    assert.equal((await chat(gate.url)).text, 'two')
    await one.requests[20]?.closed
  })

  it('makes no extra call beyond retry_budget', async () => {
    const slow = await opened(scripted(SLOW))
    const other = await opened(scripted({ chunks: answer('no') }))
    const targets = [target(slow.url, { first_chunk_timeout: 100 }), target(other.url)]
    const gate = await opened(gateway({ ...hedge(targets), retry_budget: 0 }))
    assert.equal((await chat(gate.url)).status, 504)
    assert.equal(other.requests.length, 0)
  })

  it('the share of extra calls is capped', async () => {
    const slow = await opened(
      scripted((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        setTimeout(() => res.end(answer('slow').join('')), 30)
      }),
    )
    const quick = await opened(scripted({ chunks: answer('quick') }))
    const gate = await opened(gateway(hedge([target(slow.url), target(quick.url)], { delay: 1, max_extra: 0.1 })))
    for (let n = 0; n < 40; n += 1) await chat(gate.url)
    // Ten are saved up from the start.
    assert.ok(quick.requests.length >= 10 && quick.requests.length <= 14, `${quick.requests.length} extra calls of 40`)
  })

  it('a client that leaves ends both', async () => {
    const one = await opened(scripted(SLOW))
    const two = await opened(scripted(SLOW))
    const gate = await opened(gateway(hedge([target(one.url), target(two.url)])))
    const request = start(gate.url)
    const recorded = [await one.request(0), await two.request(0)]
    request.destroy()
    await Promise.all(recorded.map(({ closed }) => closed))
    assert.equal((await gate.finished()).outcome, 'aborted')
  })
})
