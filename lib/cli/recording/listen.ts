import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable, Writable } from 'node:stream'
import type { ResolvedTarget } from '../../config.ts'
import { dialectAt } from '../../dialects/index.ts'
import { apiError, RequestError, UpstreamError } from '../../errors.ts'
import { type Streamgate, type StreamgateConfig, streamgate } from '../../index.ts'
import { sendFailure, sendJson } from '../../middleware/client/send.ts'
import { readBody } from '../../middleware/incoming/read-body.ts'
import { DEFAULT_LIMITS } from '../../options.ts'
import { createApp } from '../app.ts'
import { clientAnswer, clientStream } from './client-stream.ts'
import { DIALECTS, type RecordedDialect } from './dialects.ts'
import { type Recorded, writeRecording } from './write-recording.ts'

export interface Listening {
  /** For all that is no request of a model, such as lists of models. */
  readonly config: unknown
  readonly target: ResolvedTarget
  readonly out: string
  readonly timeout: number
  readonly port: number
}

/**
 * Serves clients from one target, and records each request, on this machine alone. They get the answer as streamgate writes it for one
 * attempt, when all of it is there. Resolves with the URL.
 */
export async function listenAndRecord({ config, target, out, timeout, port }: Listening): Promise<string> {
  const gate = streamgate(config as StreamgateConfig)
  let count = 0
  const answer = async (name: RecordedDialect, req: IncomingMessage, res: ServerResponse) => {
    count += 1
    const id = `${out}-${count}`
    const requestId = `recording-${count}`
    try {
      const { value: body } = await readBody(req, DEFAULT_LIMITS)
      const recorded = await writeRecording(target, { name, body, headers: req.headers }, { out: id, timeout })
      console.log(recorded.lines.join('\n'))
      await answerFrom(recorded, res, requestId)
    } catch (error) {
      console.error(`streamgate: ${id}: ${(error as Error).message}`)
      const api = error instanceof RequestError || error instanceof UpstreamError ? error.api : NOT_RECORDED
      if (res.headersSent) res.destroy()
      else sendFailure(res, DIALECTS[name].failure(api, requestId))
    }
  }
  const recording: Streamgate = Object.assign(
    (...[req, res, next]: Parameters<Streamgate>) => {
      const name = req.method === 'POST' ? dialectAt(req.url ?? '')?.name : undefined
      if (name !== undefined && Object.hasOwn(DIALECTS, name)) void answer(name as RecordedDialect, req, res)
      else gate(req, res, next)
    },
    { close: gate.close },
  )
  const server = createServer(createApp(recording, { phase: 'serving' }))
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const NOT_RECORDED = apiError(502, 'The answer could not be recorded.')

/** What a client would get of one attempt with this answer. */
async function answerFrom({ captured, body, origin }: Recorded, res: ServerResponse, requestId: string): Promise<void> {
  const { target, dialect, client } = origin.outgoing
  if (captured.status !== 200) {
    const error = target.provider.error(captured.status, body.toString(), captured.headers)
    return sendFailure(res, dialect.failure(error, requestId))
  }
  if (!client.stream) return sendJson(res, 200, await clientAnswer(Readable.from([body]), origin))
  const frames: string[] = []
  const out = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      frames.push(text)
      done()
    },
  })
  const error = await clientStream(Readable.from([body]), origin, out)
  // As from a gateway, to which an answer is one from its first piece on.
  if (error !== undefined && frames.length === 1) return sendFailure(res, dialect.failure(error.api, requestId))
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  res.end(frames.join(''))
}
