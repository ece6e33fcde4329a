import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { type RedisServer, startRedis } from '../breaker/redis.ts'
import { cleanUp, file, standalone } from '../examples/process.ts'
import { chat, open, parse, read, start } from '../helpers/client.ts'
import { cleanup, fallback, target } from '../helpers/gateway.ts'
import { answer, DONE, play, type Reply, ROLE, type Scripted, STOP, scripted, text } from '../helpers/upstream.ts'
import { type Nginx, startNginx } from './nginx.ts'

const FAILS: Reply = { status: 500, chunks: ['{"error":{"message":"no"}}'] }

type Started = Awaited<ReturnType<typeof standalone>>

describe('two processes behind nginx, as in deploy/, asked one thing after another', function () {
  this.timeout(30_000)
  const opened = cleanup(after)
  let redis: RedisServer | undefined
  let one: Started
  let two: Started
  let nginx: Nginx
  let bad: Scripted
  let good: Scripted
  let reply: Reply = { chunks: answer('fine') }

  before(async function () {
    redis = await startRedis()
    bad = await opened(scripted(FAILS))
    good = await opened(scripted((req, res) => void play(reply, req, res)))
    // No probe comes in between, however long all of this takes.
    const cb_config = { failure_threshold: 1, cooldown_interval: 3_600_000 }
    const args = ['--config', file({ ...fallback(target(bad.url), target(good.url)), cb_config })]
    if (redis !== undefined) args.push('--redis-url', redis.path)
    ;[one, two] = await Promise.all([standalone(args), standalone(args)])
    const started = await startNginx(one.url, two.url)
    if (started === undefined) return this.skip()
    nginx = await opened(Promise.resolve(started))
  })
  after(async () => {
    await cleanUp()
    await redis?.stop()
  })

  it('share circuit breakers by Redis', async function () {
    if (redis === undefined) return this.skip()
    await Promise.all([one.logged('redis is connected'), two.logged('redis is connected')])
    assert.equal((await chat(nginx.url)).text, 'fine')
    const answers = await Promise.all(Array.from({ length: 10 }, () => chat(nginx.url)))
    assert.ok(answers.every(({ text }) => text === 'fine'))
    assert.equal(bad.requests.length, 1)
    const served = await Promise.all([one, two].map(async (each) => (await each.logged('request')).outcome))
    assert.deepEqual(served, ['whole', 'whole'])
  })

  it('have a config that nginx accepts, and that passes each chunk on as it comes', async () => {
    const arrivals = new EventEmitter()
    let arrived = 0
    let sent = 0
    reply = {
      chunks: [...['a', 'b', 'c'].map(text), STOP + DONE],
      // The next one is sent only when the one before has come through.
      async gate() {
        sent += 1
        while (arrived < sent) await once(arrivals, 'arrived')
      },
    }
    assert.match(nginx.checked, /test is successful/)
    assert.equal((await fetch(`${nginx.url}/healthz`)).status, 200)
    let body = ''
    for await (const piece of await open(nginx.url)) {
      body += piece
      arrived += 1
      arrivals.emit('arrived')
    }
    const { text: told, done } = parse(body)
    assert.deepEqual({ told, done }, { told: 'abc', done: true })
  })

  it('get one each of two streams that run at once', async () => {
    reply = { chunks: [ROLE, text('a')], finish: 'hang' }
    const streams = [await open(nginx.url), await open(nginx.url)]
    for (const stream of streams) stream.destroy()
    // The client's leaving comes through as well.
    await Promise.all([one, two].map(({ until, log }) => until(() => log().find(isAborted))))
    assert.equal([one, two].flatMap(({ log }) => log().filter(isAborted)).length, 2)
  })

  it('get no request twice when one dies with it, and the next ones go to the other', async () => {
    const before = good.requests.length
    // One in each of them, and one in each that has no byte of an answer: nginx could send that again.
    reply = { chunks: [ROLE, text('a')], finish: 'hang' }
    const begun = [await open(nginx.url), await open(nginx.url)]
    reply = { chunks: [ROLE], finish: 'hang' }
    const waiting = [start(nginx.url), start(nginx.url)]
    await good.request(before + 3)
    one.child.kill('SIGKILL')
    await one.exited
    const broken = await Promise.race(begun.map(read))
    const { statusCode } = await Promise.race(waiting.map(({ response }) => response))
    assert.deepEqual([broken.done, statusCode, good.requests.length - before], [false, 502, 4])
    reply = { chunks: answer('from the other') }
    for (let n = 0; n < 3; n += 1) assert.equal((await chat(nginx.url)).text, 'from the other')
    assert.equal(good.requests.length - before, 7)
    for (const stream of [...begun, ...waiting]) stream.destroy()
  })

  it('get what nginx wanted to send to the one that is dead', async () => {
    // A new nginx has seen nothing of it.
    const another = (await startNginx(one.url, two.url)) ?? assert.fail()
    const { url } = await opened(Promise.resolve(another))
    for (let n = 0; n < 3; n += 1) assert.equal((await chat(url)).text, 'from the other')
  })
})

function isAborted({ msg, outcome }: Record<string, unknown>): boolean {
  return msg === 'request' && outcome === 'aborted'
}
