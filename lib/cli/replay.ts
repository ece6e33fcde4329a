import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { ConfigError, parseConfig, type ResolvedTarget } from '../config.ts'
import type { ChatRequest } from '../types/chat.ts'
import type { Framing } from '../types/provider.ts'
import type { Command } from './command.ts'
import { parseArguments } from './parse-arguments.ts'
import { clientStream } from './recording/client-stream.ts'
import { DIALECTS, dialectNamed, type RecordedDialect } from './recording/dialects.ts'
import { ENDINGS, noteBeside } from './recording/recording.ts'
import { endpointOf, passageOf, readRawRequest, type TargetRequest } from './recording/target-request.ts'

interface Arguments {
  file: string
  provider: string | undefined
  model: string | undefined
  dialect: RecordedDialect | undefined
  framing: Framing | undefined
  status: number | undefined
  fields: Record<string, string>
}

/** Shows what streamgate makes of a recorded answer: for bug reports. */
export const replay: Command<Arguments> = {
  usage: `Usage: streamgate replay FILE --provider NAME [options]

Reads the body of a provider's answer and writes the stream that a client would get. FILE may be - for standard input.
What streamgate record has noted beside FILE, in its .meta.json, is taken for options that are not given.

  --provider NAME    the provider, by its name in a config
  --dialect NAME     what the client speaks: chat-completions, messages or responses (chat-completions). The body of a provider
                     that speaks the same, anthropic or openai, is taken for one that goes past the translations
  --model NAME       the model, where the form of the answer depends on it (bedrock)
  --field NAME=TEXT  a field of the target, as in a config: api_version=v1 (cohere), bedrock_api=invoke; any number of them
  --framing NAME     ${Object.keys(ENDINGS).join(', ')}; default: as the provider does it
  --status N         the HTTP status; for another than 200 FILE is an error's body, and the error is written (200)
  --help             show this text

Exit code: 0 for a whole answer, 1 if it ends in an error, 2 for wrong arguments`,

  read(argv) {
    const { values, positionals } = parseArguments({
      args: [...argv],
      options: {
        provider: { type: 'string' },
        model: { type: 'string' },
        dialect: { type: 'string' },
        framing: { type: 'string' },
        field: { type: 'string', multiple: true, default: [] },
        status: { type: 'string' },
      },
      allowPositionals: true,
    })
    const [file, ...others] = positionals
    if (file === undefined || others.length > 0) throw new Error('replay needs one FILE, or - for standard input')
    const { provider, model, dialect, framing, status } = values
    if (framing !== undefined && !isFraming(framing)) {
      throw new Error(`--framing must be one of ${Object.keys(ENDINGS).join(', ')}, got '${framing}'`)
    }
    if (status !== undefined && !/^[1-5]\d\d$/.test(status)) {
      throw new Error(`--status must be an HTTP status, got '${status}'`)
    }
    return {
      file,
      provider,
      model,
      dialect: dialect === undefined ? undefined : dialectNamed(dialect),
      framing,
      status: status?.length ? Number(status) : undefined,
      fields: fieldsOf(values.field),
    }
  },

  async run(args) {
    const note = args.file === '-' ? {} : noteBeside(args.file)
    const target = targetOf(args.provider ?? note.provider, { ...note.fields, ...args.fields })
    const status = args.status ?? note.status ?? 200
    const body = args.file === '-' ? process.stdin : await opened(args.file)

    const name = args.dialect ?? note.dialect ?? 'chat-completions'
    if (status !== 200) {
      const error = target.provider.error(status, (await buffer(body)).toString())
      console.log(JSON.stringify(DIALECTS[name].failure(error, 'replay').body))
      return 1
    }
    const model = args.model ?? note.model ?? note.openai_request?.model ?? 'unknown'
    const origin = {
      outgoing: await requestAgain(target, note, name, model),
      contentType: note.content_type ?? undefined,
      framing: args.framing,
      cut: note.ended === 'cut',
    }
    // As with `| head`: nobody reads on.
    process.stdout.on('error', () => process.exit(1))
    const error = await clientStream(body, origin, process.stdout)
    if (error === undefined) return 0
    console.error(`streamgate: ${error.kind}: ${error.message}`)
    return 1
  },
}

/** What was asked, as far as it was noted: of a client without a note nothing is known but what it speaks. */
async function requestAgain(
  target: ResolvedTarget,
  note: ReturnType<typeof noteBeside>,
  name: RecordedDialect,
  model: string,
): Promise<TargetRequest> {
  const request = { messages: [], ...note.openai_request, model } as ChatRequest
  const isSame = note.dialect === name
  const body = (isSame ? note.client_request : undefined) ?? { ...ANY_REQUEST[name], model }
  const client = await readRawRequest({ name, body, headers: (isSame && note.client_headers) || {} })
  const endpoint = endpointOf(target)
  const isNative = note.provider === undefined || (isSame && note.native === true)
  const passage = isNative ? passageOf(target, client, request, endpoint) : undefined
  return { target, dialect: DIALECTS[name], client, request, endpoint, passage }
}

/** The least that a request needs. */
const ANY_REQUEST: Readonly<Record<RecordedDialect, object>> = {
  'chat-completions': {
    messages: [{ role: 'user', content: '' }],
    stream: true,
    stream_options: { include_usage: true },
  },
  messages: { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 1, stream: true },
  responses: { input: 'Hello', stream: true, store: false },
}

function isFraming(name: string): name is Framing {
  return Object.hasOwn(ENDINGS, name)
}

function fieldsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, text] = /^([^=]+)=(.*)$/s.exec(pair) ?? []
      if (name === undefined || text === undefined) throw new Error(`--field must be NAME=TEXT, got '${pair}'`)
      return [name, text]
    }),
  )
}

function targetOf(provider: string | undefined, fields: Record<string, string>): ResolvedTarget {
  if (provider === undefined) throw new Error('whose answer is it? Give --provider')
  try {
    const { route } = parseConfig({ ...fields, provider })
    if (route.kind === 'target') return route
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new Error(error.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  }
  throw new Error('--field cannot nest targets')
}

/** Rejects, in words, if the file cannot be read. */
async function opened(file: string): Promise<Readable> {
  const stream = createReadStream(file)
  await new Promise<void>((resolve, reject) => {
    stream
      .once('ready', () => resolve())
      .once('error', ({ message }) => reject(new Error(`${file} cannot be read: ${message}`)))
  })
  return stream
}
