import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { parseConfig, type ResolvedTarget } from '../config.ts'
import { ConfigError } from '../index.ts'
import type { ChatRequest } from '../types/chat.ts'
import type { Framing } from '../types/provider.ts'
import type { Command } from './command.ts'
import { openaiStream } from './recording/openai-stream.ts'
import { ENDINGS, noteBeside } from './recording/recording.ts'

interface Arguments {
  file: string
  provider: string | undefined
  model: string | undefined
  framing: Framing | undefined
  status: number | undefined
  fields: Record<string, string>
}

/** Shows what streamgate makes of a recorded answer: for bug reports. */
export const replay: Command<Arguments> = {
  usage: `Usage: streamgate replay FILE --provider NAME [options]

Reads the body of a provider's answer and writes OpenAI's stream, as a client would get it. FILE may be - for standard input.
What streamgate record has noted beside FILE, in its .meta.json, is taken for options that are not given.

  --provider NAME    the provider, by its name in a config
  --model NAME       the model, where the form of the answer depends on it (bedrock)
  --field NAME=TEXT  a field of the target, as in a config: api_version=v1 (cohere), bedrock_api=invoke; any number of them
  --framing NAME     ${Object.keys(ENDINGS).join(', ')}; default: as the provider does it
  --status N         the HTTP status; for another than 200 FILE is an error's body, and the error is written (200)
  --help             show this text

Exit code: 0 for a whole answer, 1 if it ends in an error, 2 for wrong arguments`,

  read(argv) {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        provider: { type: 'string' },
        model: { type: 'string' },
        framing: { type: 'string' },
        field: { type: 'string', multiple: true, default: [] },
        status: { type: 'string' },
      },
      allowPositionals: true,
    })
    const [file, ...others] = positionals
    if (file === undefined || others.length > 0) throw new Error('replay needs one FILE, or - for standard input')
    const { provider, model, framing, status } = values
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

    if (status !== 200) {
      const { message, type, param, code } = target.provider.error(status, (await buffer(body)).toString())
      console.log(JSON.stringify({ error: { message, type, param, code } }))
      return 1
    }
    const model = args.model ?? note.model ?? note.openai_request?.model ?? 'unknown'
    const request = { messages: [], ...note.openai_request, model } as ChatRequest
    const origin = {
      target,
      request,
      contentType: note.content_type ?? undefined,
      framing: args.framing,
      cut: note.ended === 'cut',
    }
    // As with `| head`: nobody reads on.
    process.stdout.on('error', () => process.exit(1))
    const error = await openaiStream(body, origin, process.stdout)
    if (error === undefined) return 0
    console.error(`streamgate: ${error.kind}: ${error.message}`)
    return 1
  },
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
