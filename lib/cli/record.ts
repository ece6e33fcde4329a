import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { targetsOf } from '../config/targets-of.ts'
import { parseConfig, type ResolvedTarget } from '../config.ts'
import { parseRequest } from '../dialects/chat-completions/request.ts'
import { ConfigError } from '../index.ts'
import type { ChatRequest } from '../types/chat.ts'
import type { Command } from './command.ts'
import { readConfig } from './config-file.ts'
import { type Captured, capture, ownCredentials } from './recording/capture.ts'
import { framingOf, type Origin, openaiStream } from './recording/openai-stream.ts'
import { ENDINGS, type Recording } from './recording/recording.ts'
import { scrubBytes, scrubHeaders, scrubText, secretsOf } from './recording/scrub.ts'

interface Arguments {
  config: string
  request: string
  target: string | undefined
  out: string
  timeout: number
}

/** Keeps an answer of a live provider, byte by byte and without keys: for fixtures and bug reports. */
export const record: Command<Arguments> = {
  usage: `Usage: streamgate record --config FILE --request FILE [options]

Sends one request to one target of a config and writes what comes back, as it is on the wire:
  OUT.sse (or .jsonl, .json, .eventstream; .error.json for a status other than 200)  the body
  OUT.request.json  the request in the provider's own form
  OUT.meta.json     both their headers, and all that streamgate replay needs to know
Keys are replaced by *, and every header's value that is not known to be harmless. What the request and the answer say is kept.

  --config FILE      the config
  --request FILE     a chat request in OpenAI's form, as JSON
  --target NAME      the target, by its name or path such as targets[1] (the first)
  --out OUT          what the files' names begin with (recording)
  --timeout SECONDS  how long the answer may take (300)
  --help             show this text

Exit code: 0 if an answer was recorded, whatever it is, 1 if not, 2 for wrong arguments`,

  read(argv) {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string' },
        request: { type: 'string' },
        target: { type: 'string' },
        out: { type: 'string', default: 'recording' },
        timeout: { type: 'string', default: '300' },
      },
    })
    const { config, request, target, out, timeout } = values
    if (!config) throw new Error('record needs a --config')
    if (!request) throw new Error('record needs a --request')
    if (!/^[1-9]\d{0,4}$/.test(timeout)) throw new Error(`--timeout must be a number of seconds, got '${timeout}'`)
    return { config, request, target, out, timeout: Number(timeout) }
  },

  async run({ config, request: file, target: name, out, timeout }) {
    refuseToOverwrite(out)
    const target = chosen(config, name)
    const request = requestFor(target, file)
    const own = await ownCredentials(target)
    const signal = AbortSignal.timeout(timeout * 1000)
    const captured = await capture(target, request, own, signal).catch((error: unknown) => {
      throw signal.aborted ? new Error(`no end of the answer within ${timeout} s, nothing was written`) : error
    })

    const secrets = secretsOf(target, own)
    const raw = Buffer.concat(captured.pieces)
    const body = scrubBytes(raw, secrets)
    const contentType = captured.headers['content-type']?.toString()
    const origin = { target, request, contentType, cut: captured.ended === 'cut' }
    const meta = await noteOf(captured, body, origin, out)
    writeFileSync(meta.file, body)
    writeFileSync(`${out}.request.json`, scrubText(captured.sent.body, secrets))
    // In the corpus's own form, a file names the others by their names alone.
    const note = { ...meta, file: basename(meta.file), request: basename(`${out}.request.json`) }
    writeFileSync(`${out}.meta.json`, `${scrubText(JSON.stringify(note, null, 2), secrets)}\n`)

    console.log(`${meta.file}: status ${meta.status}, ${meta.bytes} bytes, ${await verdict(captured, body, origin)}`)
    if (!raw.equals(body)) console.log('The answer quoted a key, which was replaced by *.')
    return 0
  },
}

function refuseToOverwrite(out: string): void {
  const endings = [...Object.values(ENDINGS), 'error.json', 'request.json', 'meta.json']
  const there = endings.map((ending) => `${out}.${ending}`).find((path) => existsSync(path))
  if (there !== undefined) throw new Error(`${there} exists already, choose another name with --out`)
}

function chosen(file: string, name: string | undefined): ResolvedTarget {
  const targets = targetsIn(file)
  const found = name === undefined ? targets[0] : targets.find((target) => target.name === name)
  if (found !== undefined) return found
  throw new Error(`${file} has no target '${name}', only ${targets.map((target) => target.name).join(', ')}`)
}

function targetsIn(file: string): ResolvedTarget[] {
  try {
    return targetsOf(parseConfig(readConfig(file, process.env)).route)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new Error(error.message.replaceAll(/^/gm, `${file}: `))
  }
}

/** What an attempt on this target would ask. */
function requestFor({ settings, fields }: ResolvedTarget, file: string): ChatRequest {
  try {
    const { request } = parseRequest(JSON.parse(readFileSync(file, 'utf8')))
    const merged: ChatRequest = { ...request, ...settings.overrideParams, stream: true }
    return merged.model === '' ? { ...merged, model: fields.deployment_id ?? '' } : merged
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`)
  }
}

async function noteOf(captured: Captured, body: Buffer, origin: Origin, out: string): Promise<Recording> {
  const { target, request, contentType } = origin
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
  const error = await openaiStream(Readable.from([body]), origin, nowhere)
  return error === undefined ? 'a whole answer' : `${error.kind}: ${error.message}`
}
