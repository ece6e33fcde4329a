import assert from 'node:assert/strict'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, describeMounts, fallback, target } from '../helpers/gateway.ts'
import { answer, DONE, frame, openaiChunk, type Reply, ROLE, scripted, text } from '../helpers/upstream.ts'

const ended = (reason: string, ...words: string[]): Reply => ({
  chunks: [ROLE, ...words.map(text), openaiChunk({}, reason), DONE],
})

describeMounts('an end that is none', (gateway) => {
  const opened = cleanup()

  it('before any content is invisible, and the next target answers', async () => {
    const bad = await opened(scripted(ended('abort')))
    const good = await opened(scripted({ chunks: answer('A whole answer') }))
    const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
    const { text: heard, finish, comments } = await chat(gate.url)
    assert.deepEqual([heard, finish, comments], ['A whole answer', ['stop'], []])
    assert.deepEqual(gate.attempts[0]?.failure?.kind, 'broken-end')
  })

  it('after text is a broken answer, which the next one goes on with', async () => {
    const bad = await opened(scripted(ended('network_error', 'A whole ')))
    const good = await opened(scripted({ chunks: answer('A whole answer') }))
    const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
    const { text: heard, finish, comments } = await chat(gate.url)
    assert.deepEqual([heard, finish, comments], ['A whole answer', ['stop'], []])
  })

  it('of the last target is an error that names it, and is tried again where that is allowed', async () => {
    const bad = await opened(scripted(ended('some_new_reason')))
    const gate = await opened(gateway(target(bad.url, { retry: { attempts: 1 } })))
    const { status, body } = await chat(gate.url, { ...HELLO, stream: false })
    assert.equal(status, 502)
    assert.deepEqual(JSON.parse(body).error, {
      message: "The provider ended its answer with 'some_new_reason'.",
      type: 'server_error',
      param: null,
      code: 'upstream_unfinished',
    })
    assert.equal(bad.requests.length, 2)
  })

  it('does not bring words of the model into an error', async () => {
    const bad = await opened(scripted(ended('Sorry, I cannot do that')))
    const gate = await opened(gateway(target(bad.url)))
    assert.doesNotMatch((await chat(gate.url)).body, /Sorry/)
  })

  it('is one where the target says so', async () => {
    const up = await opened(scripted(ended('eos_by_myself', 'A whole answer')))
    const gate = await opened(gateway(target(up.url, { finish_reasons: { eos_by_myself: 'length' } })))
    const { text: heard, finish, done } = await chat(gate.url)
    assert.deepEqual([heard, finish, done], ['A whole answer', ['length'], true])
  })
})

describeMounts('a body of another kind than was asked for', (gateway) => {
  const opened = cleanup()
  const as = (type: string, ...chunks: string[]): Reply => ({ headers: { 'content-type': type }, chunks })
  const COMPLETION = JSON.stringify({
    id: 'chatcmpl-up',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-up',
    choices: [{ index: 0, message: { role: 'assistant', content: 'A whole answer' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  })

  for (const [name, reply] of Object.entries({
    'a stream that is named JSON': as('application/json', ...answer('A whole answer')),
    'a stream that is named HTML': as('text/html', ...answer('A whole answer')),
    'a stream that is named JSON, behind blank lines': as(
      'application/json',
      '\n',
      '\r\n',
      ...answer('A whole answer'),
    ),
    'a stream that is named JSON, behind a comment': as('application/json', ': hi\n\n', ...answer('A whole answer')),
    'one completion': as('application/json', COMPLETION),
    'one completion over several lines': as('application/json', JSON.stringify(JSON.parse(COMPLETION), null, 2)),
    'one completion, named a stream': as('text/event-stream', COMPLETION),
    'one completion in pieces': as('application/json; charset=utf-8', ...(COMPLETION.match(/.{1,9}/g) ?? [])),
  } as Record<string, Reply>)) {
    it(`is read all the same: ${name}`, async () => {
      const up = await opened(scripted(reply))
      const gate = await opened(gateway(target(up.url)))
      const { text: heard, finish, done } = await chat(gate.url, HELLO)
      assert.deepEqual([heard, finish, done], ['A whole answer', ['stop'], true])
      const { body } = await chat(gate.url, { ...HELLO, stream: false })
      assert.equal(JSON.parse(body).choices[0].message.content, 'A whole answer')
    })
  }

  it('is read all the same: events that are named JSON lines', async () => {
    const events = [
      { type: 'content-delta', index: 0, delta: { message: { content: { text: 'A whole answer' } } } },
      { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
    ]
    const up = await opened(
      scripted(as('application/stream+json', ...events.map((event) => frame(JSON.stringify(event))))),
    )
    const gate = await opened(gateway(target(up.url, { provider: 'cohere' })))
    const { text: heard, finish } = await chat(gate.url)
    assert.deepEqual([heard, finish], ['A whole answer', ['stop']])
  })

  for (const [name, reply] of Object.entries({
    'a page': as('text/html', '<!DOCTYPE html><p>Down'),
    'a page, named a stream of text': as('text/plain', '<html>Down'),
    'a word': as('text/html', 'Down'),
    'JSON that says nothing': as('application/json', '{"ok":true}'),
    'JSON that is cut': as('application/json', COMPLETION.slice(0, -1)),
  } as Record<string, Reply>)) {
    it(`is a 502 that quotes nothing of it: ${name}`, async () => {
      const up = await opened(scripted(reply))
      const gate = await opened(gateway(target(up.url)))
      const { status, body } = await chat(gate.url)
      assert.equal(status, 502)
      assert.doesNotMatch(body, /Down|whole answer/)
    })
  }

  it('is the error that it holds', async () => {
    for (const error of [{ error: { message: 'No capacity', type: 'server_error' } }, { detail: 'No capacity' }]) {
      const up = await opened(scripted(as('application/json', JSON.stringify(error))))
      const gate = await opened(gateway(target(up.url)))
      assert.match((await chat(gate.url)).body, /No capacity/)
    }
  })

  it('is passed over where it is a heartbeat', async () => {
    const beats = ['data:\n\n', 'data: \n\n', 'event: ping\ndata: x\n\n', frame('[PING]'), ': ping\n\n']
    const pieces = answer('A ', 'whole ', 'answer').flatMap((piece) => [piece, ...beats])
    const up = await opened(scripted({ chunks: pieces }))
    const gate = await opened(gateway(target(up.url)))
    assert.equal((await chat(gate.url)).text, 'A whole answer')
  })
})
