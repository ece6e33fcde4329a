/**
 * The floor: what Node itself costs. A bare server and client, and by hand what has to be done: read the request, write the
 * provider's, parse each event and write it as OpenAI's, once a read. No gate, no deadlines, no recovery, no checks.
 */
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Dialect } from '../bodies/body.ts'
import { ready } from '../ipc.ts'
import { type ChatBody, nativeRequest } from './floor-requests.ts'
import { reader } from './floor-streams.ts'

const { upstream, dialect, scenario } = JSON.parse(process.argv[2] as string) as {
  upstream: string
  dialect: Dialect
  scenario: string
}
const { hostname, port } = new URL(upstream)
const prefixes = scenario === 'fallback' ? ['/fail', ''] : ['']
const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 4096 })

const server = http.createServer((req, res) => {
  const pieces: Buffer[] = []
  req.on('data', (piece: Buffer) => pieces.push(piece))
  req.on('end', () => {
    const request = JSON.parse(Buffer.concat(pieces).toString()) as ChatBody
    ask(request, res, 0)
  })
})

function ask(request: ChatBody, res: ServerResponse, attempt: number): void {
  const { path, headers, body } = nativeRequest(dialect, request)
  const text = JSON.stringify(body)
  const options = {
    hostname,
    port,
    agent,
    method: 'POST',
    path: prefixes[attempt] + path,
    headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
  }
  const sent = http.request(options, (response) => {
    if (response.statusCode === 200) answer(request, response, res)
    else {
      response.resume()
      if (attempt + 1 < prefixes.length) ask(request, res, attempt + 1)
      else res.writeHead(502).end()
    }
  })
  res.on('close', () => {
    if (!res.writableFinished) sent.destroy()
  })
  sent.on('error', () => res.destroy())
  sent.end(text)
}

function answer(request: ChatBody, response: IncomingMessage, res: ServerResponse): void {
  if (request.stream !== true) {
    collect(request, response, res)
    return
  }
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  const created = Math.floor(Date.now() / 1000)
  const envelope = (id: string) =>
    `data: {"id":"${id}","object":"chat.completion.chunk","created":${created},"model":"${request.model}","choices":[{"index":0,"delta":`
  let head = envelope('chatcmpl-0')
  let out = ''
  const translate = reader(dialect, {
    start(id) {
      head = envelope(id)
      out += `${head}{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}\n\n`
    },
    text(text) {
      out += `${head}{"content":${JSON.stringify(text)}},"logprobs":null,"finish_reason":null}]}\n\n`
    },
    reasoning(text) {
      out += `${head}{"reasoning_content":${JSON.stringify(text)}},"logprobs":null,"finish_reason":null}]}\n\n`
    },
    call(index, id, name) {
      const call = { index, id, type: 'function', function: { name, arguments: '' } }
      out += `${head}{"tool_calls":[${JSON.stringify(call)}]},"logprobs":null,"finish_reason":null}]}\n\n`
    },
    fragment(index, text) {
      out += `${head}{"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(text)}}}]},"logprobs":null,"finish_reason":null}]}\n\n`
    },
    finish(reason) {
      out += `${head}{},"logprobs":null,"finish_reason":"${reason}"}]}\n\n`
    },
  })
  response.on('data', (bytes: Buffer) => {
    translate(bytes)
    if (out === '') return
    const more = res.write(out)
    out = ''
    if (more) return
    response.pause()
    res.once('drain', () => response.resume())
  })
  response.on('end', () => res.end('data: [DONE]\n\n'))
  response.on('error', () => res.destroy())
}

function collect({ model }: ChatBody, response: IncomingMessage, res: ServerResponse): void {
  let id = ''
  let content = ''
  let finish_reason = ''
  const translate = reader(dialect, {
    start(told) {
      id = told
    },
    text(text) {
      content += text
    },
    // This work load has text alone.
    reasoning() {},
    call() {},
    fragment() {},
    finish(reason) {
      finish_reason = reason
    },
  })
  response.on('data', translate)
  response.on('end', () => {
    const created = Math.floor(Date.now() / 1000)
    const choices = [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason }]
    const body = JSON.stringify({ id, object: 'chat.completion', created, model, choices })
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
  })
  response.on('error', () => res.destroy())
}

server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', 4096)
await once(server, 'listening')
ready({ port: (server.address() as AddressInfo).port })
