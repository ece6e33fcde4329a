import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chat, HELLO, open } from '../helpers/client.ts'
import { fallback, gateway, target } from '../helpers/gateway.ts'
import {
  answer,
  DONE,
  frame,
  openaiChunk,
  REFUSED_URL,
  type Reply,
  ROLE,
  STOP,
  scripted,
  text,
} from '../helpers/upstream.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const CALL = openaiChunk({
  tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{' } }],
})

/** One provider that fails in every way in turn; most often before, sometimes after the first content. */
const FAULTS: Reply[] = [
  { status: 500, chunks: ['{}'] },
  { status: 429, headers: { ...JSON_TYPE, 'retry-after-ms': '1' }, chunks: ['{}'] },
  { reset: 'before' },
  { reset: 'early' },
  { chunks: [ROLE], finish: 'reset' },
  { chunks: [ROLE, text('Hello ')], finish: 'reset' },
  { chunks: [ROLE, text('Hello ')], finish: 'cut' },
  { chunks: [ROLE, text('Other ')] },
  { chunks: [ROLE, CALL], finish: 'cut' },
  { chunks: [ROLE, text('Hello '), frame('{')] },
  { chunks: [frame({ error: { message: 'overloaded' } })] },
  { headers: JSON_TYPE, chunks: ['{"error":{"message":"no"}}'] },
  { headers: { 'content-type': 'text/html' }, chunks: ['<html>'] },
  { chunks: [ROLE, text('Hello ')], finish: 'hang' },
  { chunks: [], finish: 'hang' },
  { status: 500, chunks: ['{"err'], finish: 'hang' },
  { chunks: [ROLE, text('Hello '), STOP, DONE], finish: 'hang' },
  { chunks: answer('Hello ', 'world'), finish: 'reset' },
]

/** What keeps the process busy: sockets, timers and the like. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) {
    if (/Timeout|TCP|Immediate|Zlib/.test(name)) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

async function settled(before: Record<string, number>): Promise<Record<string, number>> {
  for (let turn = 0; turn < 200; turn += 1) {
    const now = resources()
    if (Object.entries(now).every(([name, count]) => count <= (before[name] ?? 0))) return now
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return resources()
}

describe('hundreds of requests with mixed faults', () => {
  it('leave no socket, timer or listener behind, and every answer is whole or an error', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    // Mocha starts its own timer once the test has returned its promise.
    await new Promise(setImmediate)
    const before = resources()

    const bad = await scripted(...Array.from({ length: 4000 }, (_, n) => FAULTS[(n * 7) % FAULTS.length] as Reply))
    const good = await scripted({ chunks: answer('Hello ', 'world') })
    const quick = { first_chunk_timeout: 40, idle_timeout: 40, retry: { attempts: 1, max_delay: 5 } }
    const gate = await gateway(
      // The sound target has all the time it needs: this machine may be busy.
      fallback(target(bad.url, quick), target(REFUSED_URL, quick), target(good.url)),
      { limits: { errorBodyTimeout: 20 } },
    )
    const alone = await gateway({ ...target(bad.url), ...quick }, { limits: { errorBodyTimeout: 20 } })

    const one = async (n: number) => {
      const url = n % 3 === 0 ? alone.url : gate.url
      if (n % 10 === 9) {
        const response = await open(url)
        response.on('error', () => {})
        response.destroy()
        return
      }
      const stream = n % 4 !== 0
      const result = await chat(url, { ...HELLO, stream })
      assert.equal(result.broken, false)
      if (result.status !== 200) assert.ok(JSON.parse(result.body).error.message)
      else if (stream) assert.equal(result.done, result.finish.length === 1, result.body)
      else assert.equal(JSON.parse(result.body).object, 'chat.completion')
      if (stream && result.status === 200 && !result.done) assert.ok(result.frames.at(-1)?.error)
      if (n % 3 !== 0) assert.equal(result.status, 200)
    }
    for (let n = 0; n < 360; n += 120) await Promise.all(Array.from({ length: 120 }, (_, k) => one(n + k)))
    await Promise.all([gate.finished(240), alone.finished(120)])

    assert.equal(gate.outcomes.length + alone.outcomes.length, 360)
    for (const each of [gate, alone, bad, good]) await each.close()
    assert.deepEqual(await settled(before), before)
    await new Promise(setImmediate)
    process.off('warning', note)
    assert.deepEqual(warnings, [])
  }).timeout(120_000)

  it('keep one listener of each kind on a kept connection to a provider', async () => {
    const up = await scripted({ chunks: answer('fine') })
    const gate = await gateway(target(up.url))
    for (let n = 0; n < 30; n += 1) await chat(gate.url)
    assert.equal(up.sockets.size, 1)
    await gate.close()
    const [socket] = up.sockets
    if (socket !== undefined) await once(socket, 'close')
    await up.close()
  })
})
