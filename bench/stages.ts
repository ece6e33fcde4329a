/**
 * `npm run bench:stages`: nanoseconds of CPU an event for each stage alone, no sockets, one process. Stages are measured in
 * turn; the figure is the least of many slices, which is what the work costs when nothing disturbs it.
 */
import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { PassThrough, type Transform } from 'node:stream'
import { sseEncoder } from '../lib/dialects/chat-completions/sse-encoder.ts'
import { chatCompletions } from '../lib/dialects/chat-completions.ts'
import { pipeline } from '../lib/middleware/attempt/pipeline.ts'
import { sseClient } from '../lib/middleware/client/sse-client.ts'
import { DEFAULT_LIMITS } from '../lib/options.ts'
import { providers } from '../lib/providers/index.ts'
import { type ChunkAssemblerOptions, chunkAssembler } from '../lib/transforms/chunk-assembler.ts'
import { framing } from '../lib/transforms/framing/framing.ts'
import { join } from '../lib/transforms/join.ts'
import { type Piece, plainPiece, repeatedEvents } from '../lib/transforms/repeated-events.ts'
import { throughEvents } from '../lib/transforms/through.ts'
import { toOpenAI } from '../lib/transforms/to-openai.ts'
import type { ChatRequest } from '../lib/types/chat.ts'
import type { Chunk } from '../lib/types/chunk.ts'
import type { ChunkInit, Decoder, Endpoint, Framing, PieceKind, Provider, WireEvent } from '../lib/types/provider.ts'
import { type Body, type Dialect, eventsOf, DIALECTS as NAMES } from './bodies/body.ts'
import { ownBody } from './bodies/own.ts'
import { recordedBodies, recordedStreams } from './bodies/recorded.ts'
import { digits } from './statistics.ts'

const EVENTS = 1600
const SLICES = Number(process.argv[2] ?? 40)

const DIALECTS: Readonly<Record<Dialect, { provider: string; kind: Framing; fields?: Endpoint['fields'] }>> = {
  openai: { provider: 'openai', kind: 'sse' },
  azure: { provider: 'azure-openai', kind: 'sse' },
  groq: { provider: 'groq', kind: 'sse' },
  together: { provider: 'together-ai', kind: 'sse' },
  mistral: { provider: 'mistral-ai', kind: 'sse' },
  anthropic: { provider: 'anthropic', kind: 'sse' },
  gemini: { provider: 'google', kind: 'sse' },
  'gemini-array': { provider: 'google', kind: 'json-array' },
  cohere: { provider: 'cohere', kind: 'sse', fields: { api_version: 'v2' } },
  'cohere-v1': { provider: 'cohere', kind: 'json-lines', fields: { api_version: 'v1' } },
  bedrock: { provider: 'bedrock', kind: 'aws-eventstream' },
  'bedrock-invoke': { provider: 'bedrock', kind: 'aws-eventstream', fields: { bedrock_api: 'invoke' } },
}
const limits = DEFAULT_LIMITS
const request: ChatRequest = { model: 'anthropic.claude-3-haiku', messages: [{ role: 'user', content: 'Hi' }] }
const fetchMedia = () => Promise.reject(new Error('nothing is fetched here'))

/** The reads of a whole stream, with so many events each. */
function reads(dialect: Dialect, perRead: number): Buffer[] {
  const body = (recordedBodies(dialect, 'text')[0] ?? ownBody(dialect, 'text')) as Body
  const pieces: Buffer[] = []
  for (let n = 0; n < EVENTS; n += perRead) pieces.push(eventsOf(body, n, perRead))
  return [body.start, ...pieces, body.end].filter(({ length }) => length > 0)
}

/** Runs the items through a stage; answers what came out. `turns`: an event-loop turn after each, as reads come. */
function through<Out>(items: readonly unknown[], ...stages: Transform[]): Promise<Out[]> {
  const [first, last] = [stages[0] as Transform, stages.at(-1) as Transform]
  stages.reduce((from, to) => from.pipe(to))
  return new Promise((resolve, reject) => {
    const out: Out[] = []
    for (const stage of stages) stage.on('error', reject)
    last.on('data', (item: Out) => out.push(item)).on('end', () => resolve(out))
    let at = 0
    const next = () => {
      while (at < items.length) if (!first.write(items[at++])) return void first.once('drain', next)
      first.end()
    }
    next()
  })
}

function decoderOf(dialect: Dialect, model = request.model): Decoder {
  const { provider, fields = {} } = DIALECTS[dialect]
  const endpoint: Endpoint = { apiKey: 'key', customHost: undefined, fields, strict: true, fetchMedia }
  return (providers[provider] as Provider).decoder({ ...request, model }, endpoint)
}

function decoding(decoder: Decoder): ChunkAssemblerOptions {
  return {
    decoder,
    choices: 1,
    envelope: { id: 'chatcmpl-0', created: 1, model: 'bench' },
    toolCalls: 'whole',
    strict: true,
    maxToolCallBytes: limits.maxToolCallBytes,
    maxHeldBytes: limits.maxHeldBytes,
    maxJsonBytes: 10_000_000,
    demands: { failOn: [], json: false, afterToolResult: false },
    onContent: () => {},
    onWhole: () => {},
  }
}

/** Bytes to chunks, as it is done for a response. */
function decodeStages(dialect: Dialect): Transform[] {
  const assembler = chunkAssembler(decoding(decoderOf(dialect)))
  return pipeline({ framing: DIALECTS[dialect].kind, limits, toOpenAI: toOpenAI(assembler) })
}

function chunksOf(dialect: Dialect, events: readonly WireEvent[]): Chunk[] {
  const assembler = chunkAssembler(decoding(decoderOf(dialect)))
  const out: Chunk[] = []
  for (const event of events) if (!assembler.ended()) assembler.add(event, (chunk) => out.push(chunk))
  return out
}

/** As much of a response as the downstream touches. */
class NoResponse extends EventEmitter {
  headersSent = false
  bytes = 0
  setHeader(): void {}
  writeHead(): void {
    this.headersSent = true
  }
  write(text: string): boolean {
    this.bytes += text.length
    return true
  }
  end(): void {}
}

const REQUEST = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }], stream: true }
const client = await chatCompletions.read(
  REQUEST,
  {},
  { maxAnswerBytes: limits.maxAnswerBytes, items: () => undefined },
)

function downstream(recover: boolean) {
  const res = new NoResponse() as unknown as ServerResponse
  const options = {
    ...{ dialect: chatCompletions, requestId: 'bench', format: client },
    recover,
    settings: { commitAfter: undefined, keepAlive: undefined, keepAliveBeforeCommit: false, coalesce: undefined },
    logger: undefined,
    limits,
  }
  const made = sseClient(res, options)
  const attempt = {
    attempt: 1,
    provider: 'bench',
    previousFailure: undefined,
    way: { type: 'fresh' } as const,
    json: false,
  }
  made.begin({ ...attempt, headers: () => ({}), onResume() {} })
  return made
}

interface Stage {
  name: string
  run(): unknown
}

async function stagesOf(dialect: Dialect, perRead: number): Promise<Stage[]> {
  const { kind } = DIALECTS[dialect]
  const bytes = reads(dialect, perRead)
  const events = await through<WireEvent>(bytes, framing(kind, limits))
  const decoder = decoderOf(dialect)
  const inits = events.map((event) => [...decoder.decode(event)])
  const chunks = chunksOf(dialect, events)
  const first = chunks[0] as Chunk
  const bySlices = function* (): Generator<ChunkInit[]> {
    yield* inits
  }
  return [
    {
      name: 'no stage: an empty through2',
      run: () =>
        through(
          bytes,
          throughEvents<Buffer>((piece, push) => push(piece)),
        ),
    },
    { name: `framing (${kind}), as stages`, run: () => through(bytes, framing(kind, limits)) },
    {
      name: 'provider decoder alone',
      run: () => {
        const fresh = decoderOf(dialect)
        let count = 0
        for (const event of events) for (const _ of fresh.decode(event)) count += 1
        return count
      },
    },
    {
      name: 'JSON.parse alone, of the same',
      run: () => events.map(({ data }) => (data.startsWith('[DONE') ? 0 : JSON.parse(data))).length,
    },
    {
      name: 'chunk assembler, without the decoder',
      run: () => {
        const all = bySlices()
        const assembler = chunkAssembler(decoding({ decode: () => all.next().value as ChunkInit[] }))
        let count = 0
        for (const event of events) if (!assembler.ended()) assembler.add(event, () => (count += 1))
        return count
      },
    },
    { name: 'decoder and chunk assembler', run: () => chunksOf(dialect, events).length },
    { name: 'bytes to chunks, as stages', run: () => through(bytes, ...decodeStages(dialect)) },
    {
      name: 'SSE encoder alone',
      run: () => {
        const encode = sseEncoder(first, false)
        let size = 0
        for (const chunk of chunks) size += encode.chunk(chunk).length
        return size
      },
    },
    { name: 'downstream.write, recovery off', run: () => writeAll(downstream(false), chunks) },
    { name: 'downstream.write, recovery on', run: () => writeAll(downstream(true), chunks) },
    { name: 'all of it, joined', run: () => whole(dialect, bytes) },
  ]
}

function writeAll({ write }: { write(chunk: Chunk): boolean }, all: readonly Chunk[]): number {
  let count = 0
  for (const chunk of all) if (write(chunk)) count += 1
  return count
}

function whole(dialect: Dialect, bytes: readonly Buffer[]): Promise<void> {
  const to = downstream(true)
  const source = new PassThrough()
  return new Promise((resolve, reject) => {
    join(source, decodeStages(dialect), {
      write: to.write,
      onReady: (callback) => callback(),
      onBroken(error) {
        reject(error)
        return false
      },
      onDone(error) {
        if (error !== undefined) return reject(error)
        to.finish()
        resolve()
      },
    })
    let at = 0
    const next = () => {
      while (at < bytes.length) if (!source.write(bytes[at++])) return void source.once('drain', next)
      source.end()
    }
    next()
  })
}

async function cost({ run }: Stage): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / EVENTS
}

/**
 * Of the recorded events with one plain piece, by kind, the share that was read without the decoder; and of those that are not
 * the first of their kind in a stream, which cannot be.
 */
async function shares(dialect: Dialect): Promise<string[]> {
  const counts: Record<PieceKind, { all: number; first: number; read: number }> = {
    content: { all: 0, first: 0, read: 0 },
    reasoning: { all: 0, first: 0, read: 0 },
    arguments: { all: 0, first: 0, read: 0 },
  }
  for (const { bytes, model } of recordedStreams(dialect)) {
    const events = await through<WireEvent>([bytes], framing(DIALECTS[dialect].kind, limits)).catch(() => [])
    const decoder = decoderOf(dialect, model)
    const repeated = decoder.plainText && repeatedEvents(decoder.plainText)
    const kinds = new Set<PieceKind>()
    for (const event of events) {
      const read = repeated?.read(event)
      const lesson = read ?? lessonFrom(decoder, event)
      if (read === undefined) repeated?.learn(event, lesson)
      if (lesson === undefined) continue
      const count = counts[lesson.kind]
      count.all += 1
      if (!kinds.has(lesson.kind)) count.first += 1
      kinds.add(lesson.kind)
      if (read !== undefined) count.read += 1
    }
  }
  return Object.values(counts).map(({ all, first, read }) => {
    return all === 0 ? '' : `${share(read, all)}; ${share(read, all - first)}`
  })
}

function share(part: number, all: number): string {
  return all === 0 ? 'none left' : `${Math.round((100 * part) / all)} % of ${all}`
}

function lessonFrom(decoder: Decoder, event: WireEvent): Piece | undefined {
  try {
    return plainPiece([...decoder.decode(event)])
  } catch {
    return undefined
  }
}

console.log(`Read without the decoder, of the recorded events with one plain piece; then of all but the first of their kind in a stream:
`)
console.log('| provider | text | reasoning | arguments |\n|---|---|---|---|')
for (const dialect of NAMES) console.log(`| ${[dialect, ...(await shares(dialect))].join(' | ')} |`)

console.log(`\nNode ${process.version}; ns of CPU an event, least of ${SLICES} slices of ${EVENTS} events; 16 events a read, and one.
"Alone": a plain loop. The others run as streams, whose own cost is the first line's.
`)
console.log('| provider | stage | 16 a read | 1 a read |\n|---|---|---|---|')
for (const dialect of (process.argv[3]?.split(',') ?? NAMES) as Dialect[]) {
  const [many, single] = [await stagesOf(dialect, 16), await stagesOf(dialect, 1)]
  const least = new Map<Stage, number>()
  for (let slice = 0; slice < SLICES; slice++) {
    for (const stage of [...many, ...single]) {
      const ns = await cost(stage)
      least.set(stage, Math.min(ns, least.get(stage) ?? Number.POSITIVE_INFINITY))
    }
  }
  for (const [index, stage] of many.entries()) {
    const other = least.get(single[index] as Stage) ?? Number.NaN
    console.log(
      `| ${index === 0 ? dialect : ''} | ${stage.name} | ${digits(least.get(stage) ?? Number.NaN)} | ${digits(other)} |`,
    )
  }
}
