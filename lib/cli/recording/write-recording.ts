import { existsSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Readable, Writable } from 'node:stream'
import type { ResolvedTarget } from '../../config.ts'
import { clientKeyOf } from '../../middleware/attempt/request/request-headers.ts'
import { type Captured, capture, ownCredentials } from './capture.ts'
import { clientStream, framingOf, type Origin } from './client-stream.ts'
import { ENDINGS, type Recording } from './recording.ts'
import { scrubBytes, scrubHeaders, scrubText, secretsOf } from './scrub.ts'
import { endpointOf, type RawRequest, targetRequest } from './target-request.ts'

/** An answer that was asked for, and how it is told. */
export interface Recorded {
  readonly captured: Captured
  /** As it was written: without keys. */
  readonly body: Buffer
  readonly origin: Origin
  /** For the user: what is in which file. */
  readonly lines: readonly string[]
}

/**
 * Asks a target what a client asks, and writes what comes back to files whose names begin with `out`. Rejects if there is no answer
 * within so many seconds.
 */
export async function writeRecording(
  target: ResolvedTarget,
  raw: RawRequest,
  { out, timeout }: { out: string; timeout: number },
): Promise<Recorded> {
  refuseToOverwrite(out)
  const own = await ownCredentials(target)
  const clientKey = clientKeyOf(raw.headers)
  const outgoing = await targetRequest(target, raw, endpointOf(target, own, clientKey))
  const signal = AbortSignal.timeout(timeout * 1000)
  const captured = await capture(outgoing, signal).catch((error: unknown) => {
    throw signal.aborted ? new Error(`no end of the answer within ${timeout} s, nothing was written`) : error
  })

  const secrets = secretsOf(target, own, clientKey)
  const unscrubbed = Buffer.concat(captured.pieces)
  const body = scrubBytes(unscrubbed, secrets)
  const contentType = captured.headers['content-type']?.toString()
  const origin = { outgoing, contentType, cut: captured.ended === 'cut' }
  const meta = await noteOf(captured, body, { origin, raw, out })
  writeFileSync(meta.file, body)
  writeFileSync(`${out}.request.json`, scrubText(captured.sent.body, secrets))
  // In the corpus's own form, a file names the others by their names alone.
  const note = { ...meta, file: basename(meta.file), request: basename(`${out}.request.json`) }
  writeFileSync(`${out}.meta.json`, `${scrubText(JSON.stringify(note, null, 2), secrets)}\n`)

  const lines = [`${meta.file}: status ${meta.status}, ${meta.bytes} bytes, ${await verdict(captured, body, origin)}`]
  if (!unscrubbed.equals(body)) lines.push('The answer quoted a key, which was replaced by *.')
  return { captured, body, origin, lines }
}

function refuseToOverwrite(out: string): void {
  const endings = [...Object.values(ENDINGS), 'error.json', 'request.json', 'meta.json']
  const there = endings.map((ending) => `${out}.${ending}`).find((path) => existsSync(path))
  if (there !== undefined) throw new Error(`${there} exists already, choose another name with --out`)
}

async function noteOf(
  captured: Captured,
  body: Buffer,
  { origin, raw, out }: { origin: Origin; raw: RawRequest; out: string },
): Promise<Recording> {
  const { contentType } = origin
  const { target, request, client, passage } = origin.outgoing
  const { status, sent, headers, pieces, ended } = captured
  const ending = status === 200 ? ENDINGS[await framingOf(Readable.from([body]), origin)] : 'error.json'
  return {
    file: `${out}.${ending}`,
    provider: target.provider.name,
    model: request.model,
    url: sent.url.href,
    status,
    content_type: contentType ?? null,
    framing: status === 200 ? ending : 'json',
    bytes: body.length,
    chunk_lengths: pieces.map(({ length }) => length),
    ended,
    request: `${out}.request.json`,
    fields: Object.fromEntries(
      TOLD_FIELDS.flatMap((field) => (target.fields[field] ? [[field, target.fields[field]]] : [])),
    ),
    openai_request: request,
    dialect: raw.name,
    native: passage !== undefined,
    ...(raw.name !== 'chat-completions' && {
      client_request: raw.body,
      client_headers: client.native?.headers ?? {},
    }),
    request_headers: scrubHeaders(sent.headers),
    response_headers: scrubHeaders(headers),
  }
}

/** Those that change how an answer is read. */
const TOLD_FIELDS = ['api_version', 'bedrock_api', 'base_model', 'openai_api'] as const

/** What streamgate makes of it. */
async function verdict({ status }: Captured, body: Buffer, origin: Origin): Promise<string> {
  if (status !== 200) return 'an error'
  const nowhere = new Writable({ write: (_frames, _encoding, done) => done() })
  const error = await clientStream(Readable.from([body]), origin, nowhere)
  return error === undefined ? 'a whole answer' : `${error.kind}: ${error.message}`
}
