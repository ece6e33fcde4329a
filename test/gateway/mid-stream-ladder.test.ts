import assert from 'node:assert/strict'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, type Reply, ROLE, scripted, text } from '../helpers/upstream.ts'

const FOX = 'The quick brown fox jumps'
const BROKEN: Reply = { chunks: [ROLE, text(FOX)], finish: 'reset' }
const RESTART: Reply = { chunks: answer('Another answer') }
const JSON_MODE = { ...HELLO, response_format: { type: 'json_object' } }

describe('the ladder of a broken answer', () => {
  const opened = cleanup()

  async function rescued(replies: Reply[], config: Record<string, unknown> = {}, request = HELLO, headers = {}) {
    const bad = await opened(scripted(BROKEN))
    const good = await opened(scripted(...replies))
    const gate = await opened(gateway({ ...fallback(target(bad.url), target(good.url)), ...config }))
    return { ...(await chat(gate.url, request, headers)), resumes: gate.attempts.map(({ resume }) => resume) }
  }

  it('is by default a continuation, then an announced restart', async () => {
    const went = await rescued([{ chunks: answer('quick brown fox jumps over it') }])
    assert.deepEqual([went.text, went.comments, went.done], [`${FOX} over it`, [], true])
    const { comments, resumes } = await rescued([RESTART, RESTART])
    assert.deepEqual([comments.length, resumes], [1, ['fresh', 'anchor', 'fresh']])
  })

  it('ends in the error where it has no restart', async () => {
    const { comments, resumes, text: all, done } = await rescued([RESTART, RESTART], { mid_stream: 'continue' })
    assert.deepEqual([comments, all, done, resumes], [[], FOX, false, ['fresh', 'anchor', 'splice']])
  })

  it('still splices a repetition where it has no restart', async () => {
    const { text: all, done } = await rescued([RESTART, { chunks: answer(`${FOX} on`) }], { mid_stream: 'continue' })
    assert.deepEqual([all, done], [`${FOX} on`, true])
  })

  const HEADERS: [value: string, resumes: string[]][] = [
    ['continue', ['fresh', 'anchor', 'splice']],
    ['restart', ['fresh', 'fresh']],
    ['Continue, Restart', ['fresh', 'anchor', 'fresh']],
    ['error', ['fresh']],
  ]
  for (const [value, expected] of HEADERS) {
    it(`is what the client's header says: ${value}`, async () => {
      const { resumes } = await rescued([RESTART, RESTART], {}, HELLO, { 'x-streamgate-mid-stream': value })
      assert.deepEqual(resumes, expected)
    })
  }

  it('is a 400 for a header that says anything else', async () => {
    for (const value of ['', 'resume', 'continue,', 'continue, error', 'restart, continue', 'continue, continue']) {
      const result = await rescued([RESTART], {}, HELLO, { 'x-streamgate-mid-stream': value })
      assert.equal(result.status, 400)
      assert.equal(JSON.parse(result.body).error.param, 'x-streamgate-mid-stream')
    }
  })

  describe('of JSON', () => {
    const half = '{"capital": true, "city": "Paris", "ri'
    const restOf = async (request: typeof HELLO, config: Record<string, unknown>, replies: Reply[]) => {
      const bad = await opened(scripted({ chunks: [ROLE, text(half)], finish: 'reset' }))
      const good = await opened(scripted(...replies))
      const gate = await opened(gateway(fallback(target(bad.url, config), target(good.url))))
      return chat(gate.url, request)
    }
    const rest = (...replies: Reply[]) => restOf(JSON_MODE, {}, replies)

    it('goes on in the middle of it', async () => {
      const result = await rest({ chunks: answer('true, "city": "Paris", "river": "Seine"}') })
      assert.deepEqual([result.text, result.done], ['{"capital": true, "city": "Paris", "river": "Seine"}', true])
    })

    it('is the error if the whole of it does not parse', async () => {
      const result = await rest({ chunks: answer('true, "city": "Paris", "river" "Seine"}') })
      assert.deepEqual([result.finish, result.done], [[], false])
    })

    it('is never another answer behind the half of one', async () => {
      const result = await rest({ chunks: answer('{"town": "Rome"}') }, { chunks: answer('{"town": "Rome"}') })
      assert.deepEqual([result.text, result.comments, result.finish, result.done], [half, [], [], false])
    })

    it('is that also where a target asks for it', async () => {
      const config = { override_params: { response_format: { type: 'json_object' } } }
      const result = await restOf(HELLO, config, [{ chunks: answer('{"town": "Rome"}') }])
      assert.deepEqual([result.text, result.comments, result.finish, result.done], [half, [], [], false])
    })
  })
})
