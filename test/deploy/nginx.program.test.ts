import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { type RedisServer, startRedis } from '../breaker/redis.ts'
import { cleanUp, file, standalone } from '../examples/process.ts'
import { chat, open, parse, read } from '../helpers/client.ts'
import { cleanup, fallback, target } from '../helpers/gateway.ts'
import { answer, DONE, type Reply, ROLE, STOP, scripted, text } from '../helpers/upstream.ts'
import { startNginx } from './nginx.ts'

const FAILS: Reply = { status: 500, chunks: ['{"error":{"message":"no"}}'] }

describe('two processes behind nginx, as in deploy/', function () {
  this.timeout(30_000)
  const opened = cleanup()
  let redis: RedisServer | undefined
  afterEach(async () => {
    await cleanUp()
    await redis?.stop()
    redis = undefined
  })

  async function start(config: unknown, args: string[] = []) {
    const path = file(config)
    const [one, two] = await Promise.all([0, 1].map(() => standalone(['--config', path, ...args])))
    if (one === undefined || two === undefined) throw new Error('unreachable')
    const nginx = await startNginx(one.url, two.url)
    if (nginx === undefined) return undefined
    await opened(Promise.resolve(nginx))
    return { one, two, nginx }
  }

  it('is a config that nginx accepts, and passes each chunk on as it comes', async function () {
    const arrivals = new EventEmitter()
    let arrived = 0
    let sent = 0
    const provider = await opened(
      scripted({
        chunks: [...['a', 'b', 'c'].map(text), STOP + DONE],
        // The next one is sent only when the one before has come through.
        async gate() {
          sent += 1
          while (arrived < sent) await once(arrivals, 'arrived')
        },
      }),
    )
    const deployment = await start(target(provider.url))
    if (deployment === undefined) return this.skip()
    assert.match(deployment.nginx.checked, /test is successful/)
    assert.equal((await fetch(`${deployment.nginx.url}/healthz`)).status, 200)
    let body = ''
    for await (const piece of await open(deployment.nginx.url)) {
      body += piece
      arrived += 1
      arrivals.emit('arrived')
    }
    const { text: told, done } = parse(body)
    assert.deepEqual({ told, done }, { told: 'abc', done: true })
  })

  it('gives two streams that run at once to two processes', async function () {
    const provider = await opened(scripted({ chunks: [ROLE, text('a')], finish: 'hang' }))
    const deployment = await start(target(provider.url))
    if (deployment === undefined) return this.skip()
    const streams = [await open(deployment.nginx.url), await open(deployment.nginx.url)]
    for (const stream of streams) stream.destroy()
    const { one, two } = deployment
    // The client's leaving comes through as well.
    const logged = await Promise.all([one.logged('request'), two.logged('request')])
    assert.deepEqual(
      logged.map(({ outcome }) => outcome),
      ['aborted', 'aborted'],
    )
  })

  it('sends no request twice when a process dies with it, and the next ones to the other', async function () {
    const provider = await opened(
      scripted({ chunks: [ROLE, text('a')], finish: 'hang' }, { chunks: answer('from the other') }),
    )
    const deployment = await start(target(provider.url))
    if (deployment === undefined) return this.skip()
    const { one, nginx } = deployment
    const stream = await open(nginx.url)
    await provider.request(0)
    one.child.kill('SIGKILL')
    await one.exited
    const broken = await read(stream)
    assert.deepEqual([broken.done, provider.requests.length], [false, 1])
    for (let n = 0; n < 3; n += 1) assert.equal((await chat(nginx.url)).text, 'from the other')
    assert.equal(provider.requests.length, 4)
  })

  it('shares circuit breakers by Redis', async function () {
    redis = await startRedis()
    if (redis === undefined) return this.skip()
    const [bad, good] = [await opened(scripted(FAILS)), await opened(scripted({ chunks: answer('fine') }))]
    const config = { ...fallback(target(bad.url), target(good.url)), cb_config: { failure_threshold: 1 } }
    const deployment = await start(config, ['--redis-url', redis.path])
    if (deployment === undefined) return this.skip()
    const { one, two, nginx } = deployment
    await Promise.all([one.logged('redis is connected'), two.logged('redis is connected')])
    assert.equal((await chat(nginx.url)).text, 'fine')
    const answers = await Promise.all(Array.from({ length: 10 }, () => chat(nginx.url)))
    assert.ok(answers.every(({ text }) => text === 'fine'))
    assert.equal(bad.requests.length, 1)
    const served = await Promise.all([one, two].map(async (each) => (await each.logged('request')).outcome))
    assert.deepEqual(served, ['whole', 'whole'])
  })
})
