import assert from 'node:assert/strict'
import { chat } from '../helpers/client.ts'
import { cleanup, describeMounts, fallback, target } from '../helpers/gateway.ts'
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
  USAGE,
} from '../helpers/upstream.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const ERROR = { error: { message: 'The server had an error', type: 'server_error', param: null, code: null } }

const LOGPROBS = { content: [{ token: 'a', logprob: -0.1, bytes: [97], top_logprobs: [] }], refusal: null }
const SOURCE = {
  type: 'url_citation',
  url_citation: { url: 'https://a.test', title: 'A', start_index: 0, end_index: 1 },
}

/** Every way of failing before the first content. */
const FAILURES: Record<string, Reply> = {
  'a 500': { status: 500, chunks: [JSON.stringify(ERROR)] },
  'a 503': { status: 503, chunks: [JSON.stringify(ERROR)] },
  'a 529': { status: 529, chunks: ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'] },
  'a 429': { status: 429, chunks: [JSON.stringify(ERROR)] },
  'a 401': { status: 401, chunks: [JSON.stringify(ERROR)] },
  'a 404': { status: 404, chunks: [JSON.stringify(ERROR)] },
  'a 500 whose body is cut': { status: 500, chunks: ['{"error":{"mess'], finish: 'cut' },
  'a redirect': { status: 307, headers: { location: 'http://169.254.169.254/' } },
  'a 200 with a JSON error': { headers: JSON_TYPE, chunks: [JSON.stringify(ERROR)] },
  'a 200 with a JSON error under the type of a stream': { chunks: [JSON.stringify(ERROR)] },
  'a 200 with a page of HTML': {
    headers: { 'content-type': 'text/html' },
    chunks: ['<html><body>Bad gateway</body></html>'],
  },
  'a 200 with HTML under the type of a stream': { chunks: ['<html><body>Bad gateway</body></html>'] },
  'an empty 200': {},
  'a 200 with [DONE] alone': { chunks: [DONE] },
  'a 200 with a role and [DONE]': { chunks: [ROLE, DONE] },
  'an error as first event': { chunks: [frame(ERROR)] },
  'an error after heartbeats and a role': {
    chunks: [': ping\n\n', ': ping\n\n', ROLE, openaiChunk({ content: '' }), frame(ERROR)],
  },
  'an error named by its event': { chunks: [`event: error\n${frame(ERROR)}`] },
  'a cut after the role': { chunks: [ROLE], finish: 'cut' },
  'a reset after the role': { chunks: [ROLE], finish: 'reset' },
  'a reset after log probabilities alone': {
    chunks: [
      ROLE,
      openaiChunk({}, null, { choices: [{ index: 0, delta: {}, logprobs: LOGPROBS, finish_reason: null }] }),
    ],
    finish: 'reset',
  },
  'a reset after an annotation alone': { chunks: [ROLE, openaiChunk({ annotations: [SOURCE] })], finish: 'reset' },
  'a reset after usage alone': { chunks: [ROLE, USAGE], finish: 'reset' },
  'a reset before the headers': { reset: 'before' },
  'a reset while the request is being sent': { reset: 'early' },
  'an event that is not JSON': { chunks: [frame('{"choices":[{')] },
  'an event that is a number': { chunks: [frame('42')] },
  'an encoding that nobody knows': {
    headers: { 'content-type': 'text/event-stream', 'content-encoding': 'zip9' },
    chunks: answer('no'),
  },
  'gzip that is none': {
    headers: { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' },
    chunks: ['not gzip at all'],
  },
}

describeMounts('before the first content', (gateway) => {
  const opened = cleanup()

  for (const [name, reply] of Object.entries(FAILURES)) {
    for (const stream of [true, false]) {
      it(`${name} is invisible when another target answers (stream: ${stream})`, async () => {
        const bad = await opened(scripted(reply))
        const good = await opened(scripted({ chunks: answer('whole ', 'answer') }))
        const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
        const result = await chat(gate.url, { model: 'm', stream, messages: [{ role: 'user', content: 'hi' }] })

        assert.equal(result.status, 200)
        if (stream) {
          assert.equal(result.text, 'whole answer')
          assert.deepEqual(result.finish, ['stop'])
          assert.equal(result.done, true)
          assert.deepEqual(result.comments, [])
        } else {
          const completion = JSON.parse(result.body)
          assert.equal(completion.object, 'chat.completion')
          assert.equal(completion.choices[0].message.content, 'whole answer')
        }
        assert.deepEqual(
          gate.attempts.map((each) => each.outcome),
          ['failed', 'whole'],
        )
        assert.equal(bad.requests.length, 1)
      })
    }

    it(`${name} is an error of HTTP when no target is left`, async () => {
      const bad = await opened(scripted(reply))
      const gate = await opened(gateway(target(bad.url)))
      const result = await chat(gate.url)

      assert.ok(result.status >= 400, `status ${result.status}`)
      assert.match(result.headers['content-type'] ?? '', /^application\/json/)
      const { error } = JSON.parse(result.body)
      assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type'])
      assert.equal(typeof error.message, 'string')
      assert.notEqual(error.message, '')
      assert.equal(gate.outcomes[0]?.outcome, 'failed')
    })
  }

  it('a 200 that is no stream is told as what it is', async () => {
    const bedrock = (url: string) => ({
      ...{ provider: 'bedrock', aws_region: 'us-east-1', api_key: 'k', custom_host: url },
      override_params: { model: 'amazon.nova-lite-v1:0' },
    })
    for (const [type, body, kind, message] of [
      ['application/json', '{"message":"Too many tokens"}', 'in-band', /Too many tokens/],
      ['text/html; charset=utf-8', '<html></html>', 'malformed', /page of HTML/],
    ] as const) {
      const up = await opened(scripted({ headers: { 'content-type': type }, chunks: [body] }))
      for (const config of [bedrock(up.url), ...(kind === 'malformed' ? [target(up.url)] : [])]) {
        const gate = await opened(gateway(config))
        await chat(gate.url)
        assert.equal(gate.attempts[0]?.failure?.kind, kind)
        assert.match(gate.attempts[0]?.failure?.message ?? '', message)
      }
    }
  })

  it('a refused connection is invisible when another target answers', async () => {
    const good = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(gateway(fallback(target(REFUSED_URL), target(good.url))))
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal(gate.attempts[0]?.failure?.kind, 'connect')
  })

  it('a name that does not resolve is invisible when another target answers', async () => {
    const good = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(gateway(fallback(target('http://no-such-host.invalid'), target(good.url))))
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal(gate.attempts[0]?.failure?.kind, 'connect')
  })

  it('a refused connection is a 502 when no target is left, without the address in it', async () => {
    const url = REFUSED_URL
    const gate = await opened(gateway(target(url)))
    const result = await chat(gate.url)
    assert.equal(result.status, 502)
    assert.equal(JSON.parse(result.body).error.code, 'upstream_unreachable')
    assert.ok(!result.body.includes(new URL(url).port))
  })

  it('no byte and no header goes out before the first content', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const up = await opened(
      scripted((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        res.write(`: ping\n\n${ROLE}${openaiChunk({ content: '' })}`)
        void held.then(() => res.end(text('now') + STOP + DONE))
      }),
    )
    const gate = await opened(gateway(target(up.url)))
    let answered = false
    const result = chat(gate.url).finally(() => {
      answered = true
    })
    await up.request(0)
    // A second request, whole, has gone through the same gateway while the first waits.
    const other = await opened(scripted({ chunks: answer('other') }))
    const second = await opened(gateway(target(other.url)))
    await chat(second.url)
    assert.equal(answered, false)
    release()
    assert.equal((await result).text, 'now')
  })

  for (const [name, content] of Object.entries({
    reasoning: openaiChunk({ reasoning_content: 'hm' }),
    'a refusal': openaiChunk({ refusal: 'no' }),
    text: text('x'),
  })) {
    it(`${name} commits: a cut after it is told to the client`, async () => {
      const up = await opened(scripted({ chunks: [ROLE, content], finish: 'cut' }))
      const gate = await opened(gateway(target(up.url)))
      const result = await chat(gate.url)
      assert.equal(result.status, 200)
      assert.equal(result.frames.at(-1)?.error?.code, 'upstream_stream_truncated')
      assert.equal(result.done, false)
    })
  }

  it('a finish reason alone is an empty answer, and a whole one only where `fail_on` says so', async () => {
    const up = await opened(scripted({ chunks: [ROLE, STOP, USAGE, DONE] }))
    const strict = await opened(gateway(target(up.url)))
    const failed = await chat(strict.url)
    assert.deepEqual([failed.status, JSON.parse(failed.body).error.code], [502, 'upstream_answer_unusable'])
    const gate = await opened(gateway({ ...target(up.url), fail_on: [] }))
    const result = await chat(gate.url)
    assert.deepEqual(result.finish, ['stop'])
    assert.equal(result.frames[0]?.choices[0]?.delta.role, 'assistant')
    assert.equal(result.done, true)
  })
})
