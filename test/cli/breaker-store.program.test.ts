import assert from 'node:assert/strict'
import { type RedisServer, startRedis } from '../breaker/redis.ts'
import { cleanUp, file, run, standalone } from '../examples/process.ts'
import { chat } from '../helpers/client.ts'
import { cleanup, fallback, target } from '../helpers/gateway.ts'
import { answer, REFUSED_URL, type Reply, scripted } from '../helpers/upstream.ts'

const FAILS: Reply = { status: 500, chunks: ['{"error":{"message":"no"}}'] }

describe('the standalone proxy with --redis-url', function () {
  this.timeout(20_000)
  const opened = cleanup()
  let redis: RedisServer | undefined
  afterEach(async () => {
    await cleanUp()
    await redis?.stop()
    redis = undefined
  })

  /** A target that fails, and one that does not. */
  async function targets() {
    const [bad, good] = [await opened(scripted(FAILS)), await opened(scripted({ chunks: answer('fine') }))]
    const config = file({ ...fallback(target(bad.url), target(good.url)), cb_config: { failure_threshold: 1 } })
    return { bad, config }
  }

  it('leaves a target alone that failed in another process', async function () {
    redis = await startRedis()
    if (redis === undefined) return this.skip()
    const { bad, config } = await targets()
    const a = await standalone(['--config', config, '--redis-url', redis.path])
    const b = await standalone(['--config', config], { env: { REDIS_URL: redis.path } })
    await Promise.all([a.logged('redis is connected'), b.logged('redis is connected')])
    assert.equal((await chat(a.url)).text, 'fine')
    assert.equal((await chat(b.url)).text, 'fine')
    assert.equal(bad.requests.length, 1)
  })

  it('starts and answers while Redis is down, and tells it once', async () => {
    const { config } = await targets()
    const url = REFUSED_URL.replace('http', 'redis').replace('//', '//:the-password@')
    const program = await standalone(['--config', config, '--redis-url', url])
    await program.logged('redis is not connected')
    assert.equal((await chat(program.url)).text, 'fine')
    program.child.kill('SIGTERM')
    assert.equal(await program.exited, 0)
    assert.equal(program.log().filter(({ msg }) => msg === 'redis is not connected').length, 1)
    assert.doesNotMatch(program.stdout() + program.stderr(), /the-password/)
  })

  it('refuses what is no address of a Redis, without quoting it', async () => {
    const program = run('standalone', ['--redis-url', 'http://:the-password@redis'])
    assert.equal(await program.exited, 2)
    assert.match(program.stderr(), /--redis-url, or REDIS_URL, must begin with redis:\/\//)
    assert.doesNotMatch(program.stderr(), /the-password/)
  })
})
