import assert from 'node:assert/strict'
import { chat, HELLO, open, read } from '../helpers/client.ts'
import { cleanup, describeMounts, fallback, target } from '../helpers/gateway.ts'
import { answer, DONE, ROLE, STOP, scripted, text } from '../helpers/upstream.ts'

describeMounts('commit_after', (gateway) => {
  const opened = cleanup()

  for (const [name, commit_after] of Object.entries({
    'so many chunks': { chunks: 3 },
    'so many bytes': { bytes: 500 },
    'so much time': { ms: 60_000 },
  })) {
    it(`keeps a break before ${name} invisible`, async () => {
      const bad = await opened(scripted({ chunks: [ROLE, text('One '), text('answer')], finish: 'reset' }))
      const good = await opened(scripted({ chunks: answer('Another', ' one') }))
      const gate = await opened(gateway({ ...fallback(target(bad.url), target(good.url)), commit_after }))
      const result = await chat(gate.url)
      assert.equal(result.text, 'Another one')
      assert.deepEqual(result.comments, [])
    })
  }

  it('commits when the number of chunks is reached', async () => {
    const bad = await opened(scripted({ chunks: [ROLE, text('One '), text('more '), text('answer')], finish: 'reset' }))
    const gate = await opened(gateway({ ...target(bad.url), commit_after: { chunks: 3 } }))
    const result = await chat(gate.url)
    assert.equal(result.status, 200)
    assert.equal(result.text, 'One more answer')
    assert.ok(result.frames.at(-1)?.error)
  })

  it('commits when time is up, though nothing more comes', async () => {
    const up = await opened(scripted({ chunks: [ROLE, text('One')], finish: 'hang' }))
    const gate = await opened(gateway({ ...target(up.url), commit_after: { ms: 30, chunks: 100 } }))
    const response = await open(gate.url)
    assert.equal(response.statusCode, 200)
    response.on('error', () => {})
    response.destroy()
    await gate.finished()
  })

  it('sends a shorter answer whole at its end', async () => {
    const up = await opened(scripted({ chunks: answer('short') }))
    const gate = await opened(gateway({ ...target(up.url), commit_after: { chunks: 100 } }))
    const result = await chat(gate.url)
    assert.equal(result.text, 'short')
    assert.equal(result.done, true)
  })
})

describeMounts('keep_alive', (gateway) => {
  const opened = cleanup()

  /** A stream that waits for `release` before its first content, and again before its end. */
  async function waiting(...before: string[]) {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const up = await opened(
      scripted(async (_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        res.write(before.join('') || ROLE)
        await held
        res.end(text('late') + STOP + DONE)
      }),
    )
    return { up, release }
  }

  it('sends comments while a committed stream is silent', async () => {
    const { up, release } = await waiting(ROLE, text('now, '))
    const gate = await opened(gateway({ ...target(up.url), keep_alive: 10 }))
    const response = await open(gate.url)
    response.setEncoding('utf8')
    let body = ''
    for await (const piece of response) {
      body += piece
      if (body.split('keep-alive').length > 3) release()
    }
    assert.ok(body.endsWith(DONE))
  })

  it('sends nothing before the first content, so that the status stays true', async () => {
    const bad = await opened(scripted({ chunks: [ROLE], finish: 'hang' }))
    const gate = await opened(gateway({ ...target(bad.url), keep_alive: 5, first_chunk_timeout: 60 }))
    const result = await chat(gate.url)
    assert.equal(result.status, 504)
  })

  it('trades the status for a living connection with keep_alive_before_commit', async () => {
    const bad = await opened(scripted({ chunks: [ROLE], finish: 'hang' }))
    const gate = await opened(
      gateway({ ...target(bad.url), keep_alive: 5, keep_alive_before_commit: true, first_chunk_timeout: 60 }),
    )
    const result = await chat(gate.url)
    assert.equal(result.status, 200)
    assert.ok(result.comments.length > 0)
    assert.equal(result.frames.at(-1)?.error?.code, 'upstream_timeout')
    assert.equal(result.done, false)

    const good = await waiting()
    const other = await opened(gateway({ ...target(good.up.url), keep_alive: 5, keep_alive_before_commit: true }))
    const response = await open(other.url)
    good.release()
    const whole = await read(response)
    assert.equal(whole.text, 'late')
    assert.equal(whole.done, true)
  })

  it('leaves an answer in one piece alone', async () => {
    const { up, release } = await waiting()
    const gate = await opened(gateway({ ...target(up.url), keep_alive: 5, keep_alive_before_commit: true }))
    const result = chat(gate.url, { ...HELLO, stream: false })
    await up.request(0)
    release()
    assert.equal(JSON.parse((await result).body).choices[0].message.content, 'late')
  })
})
