import assert from 'node:assert/strict'
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import compression from 'compression'
import connect from 'connect'
import express from 'express'
import express4 from 'express4'
import supertest from 'supertest'
import { streamgate } from '../../lib/index.ts'
import { chat, HELLO, open, serve } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, DONE, ROLE, STOP, scripted, text } from '../helpers/upstream.ts'

type Handler = ReturnType<typeof streamgate>

const MOUNTS: Record<string, (gate: Handler) => RequestListener> = {
  'Express 5': (gate) => express().use('/v1', gate),
  'Express 5 behind express.json()': (gate) => express().use(express.json()).use('/v1', gate),
  'Express 5 behind express.text()': (gate) =>
    express()
      .use(express.text({ type: '*/*' }))
      .use('/v1', gate),
  'Express 5 behind express.raw()': (gate) =>
    express()
      .use(express.raw({ type: '*/*' }))
      .use('/v1', gate),
  'Express 5 as a route': (gate) => express().post('/v1/chat/completions', gate),
  'Express 5 in a router': (gate) => express().use('/v1', express.Router().use(gate)),
  'Express 4': (gate) => express4().use('/v1', gate),
  'Express 4 behind express.json()': (gate) => express4().use(express4.json()).use('/v1', gate),
  Connect: (gate) => connect().use('/v1', gate as connect.NextHandleFunction) as RequestListener,
  'bare node:http': (gate) => (req, res) => gate(req, res),
  'bare node:http with next': (gate) => (req, res) => gate(req, res, () => res.writeHead(418).end()),
}

describe('mounted in', () => {
  const opened = cleanup()

  for (const [name, mount] of Object.entries(MOUNTS)) {
    it(`${name} it streams, folds and refuses`, async () => {
      const up = await opened(scripted({ chunks: answer('fine ', 'day') }))
      const gate = streamgate(target(up.url))
      const server = await opened(serve(mount(gate)))

      const streamed = await chat(server.url)
      assert.equal(streamed.text, 'fine day')
      assert.equal(streamed.done, true)
      const folded = await chat(server.url, { ...HELLO, stream: false })
      assert.equal(JSON.parse(folded.body).choices[0].message.content, 'fine day')
      const refused = await chat(server.url, { model: 'm', messages: [] })
      assert.equal(refused.status, 400)
      assert.equal(JSON.parse(refused.body).error.param, 'messages')
      gate.close()
    })
  }

  it('an app, it leaves other requests to what comes after', async () => {
    const gate = streamgate(target('http://127.0.0.1:9'))
    const app = express().use('/v1', gate)
    app.get('/v1/chat/completions', (_req, res) => void res.send('get'))
    app.post('/v1/moderations', (_req, res) => void res.send('moderations'))
    await supertest(app).get('/v1/chat/completions').expect(200, 'get')
    await supertest(app).post('/v1/moderations').expect(200, 'moderations')
    await supertest(app).post('/v1/none').expect(404)
    gate.close()
  })

  it('an app whose parser ate the body without a trace, it says so', async () => {
    const gate = streamgate(target('http://127.0.0.1:9'))
    const eat = (req: IncomingMessage, _res: ServerResponse, next: () => void) => req.resume().on('end', next)
    const { body } = await supertest(express().use(eat).use('/v1', gate))
      .post('/v1/chat/completions')
      .send(HELLO)
      .expect(400)
    assert.match(body.error.message, /req\.body/)
    gate.close()
  })

  it('an app behind compression(), each event arrives as it is sent', async () => {
    const waiting: (() => void)[] = []
    const up = await opened(
      scripted(async (_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        for (const piece of [ROLE + text('one'), text('two'), STOP + DONE]) {
          res.write(piece)
          await new Promise<void>((resolve) => waiting.push(resolve))
        }
        res.end()
      }),
    )
    const gate = streamgate(target(up.url))
    const server = await opened(serve(express().use(compression()).use('/v1', gate)))
    const response = await open(server.url, HELLO, { 'accept-encoding': 'gzip, br' })
    assert.equal(response.headers['content-encoding'], undefined)
    response.setEncoding('utf8')
    const words = ['one', 'two', '[DONE]']
    let seen = ''
    // Each word is waited for while the provider holds the next one back: a buffering layer would hang here.
    for await (const piece of response) {
      seen += piece
      if (words[0] === undefined || !seen.includes(words[0])) continue
      words.shift()
      waiting.shift()?.()
    }
    assert.deepEqual(words, [])
    gate.close()
  })

  it('an app whose response was ended already, it does not crash', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = streamgate(target(up.url))
    const server = await opened(
      serve((req, res) => {
        gate(req, res)
        res.destroy()
      }),
    )
    await new Promise<void>((resolve) => {
      const request = http.request(`${server.url}/v1/chat/completions`, { method: 'POST', agent: false })
      request.on('error', () => resolve())
      request.end(JSON.stringify(HELLO))
    })
    gate.close()
  })

  it('an app, many answers add no listener to a kept connection', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    const up = await opened(scripted({ status: 500, chunks: ['{}'] }))
    const gate = streamgate({ targets: Array.from({ length: 15 }, () => target(up.url)) })
    const server = await opened(serve(express().use('/v1', gate)))
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    for (let n = 0; n < 15; n += 1) {
      await new Promise((resolve) => {
        const request = http.request(`${server.url}/v1/chat/completions`, { method: 'POST', agent }, (res) =>
          res.resume().on('end', resolve),
        )
        request.end(JSON.stringify(HELLO))
      })
    }
    await new Promise(setImmediate)
    process.off('warning', note)
    assert.deepEqual(warnings, [])
    agent.destroy()
    gate.close()
  })
})
