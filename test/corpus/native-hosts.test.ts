import assert from 'node:assert/strict'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { cleanup, gateway } from '../helpers/gateway.ts'
import { HELLO, message } from '../helpers/messages.ts'
import { respond } from '../helpers/responses.ts'
import { scripted } from '../helpers/upstream.ts'
import { read } from './oracle/index.ts'
import { bytesOf, describeRecorded, type Recording, streams } from './recordings.ts'
import { modelOf, systemOf } from './systems.ts'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString(),
  (text) => Buffer.from(text),
)

/** The data of the events of a body, as it was sent. */
function dataIn(sse: string): string[] {
  return [...sse.matchAll(/^data: ?(\{.*\})\r?$/gm)].map(([, data = '']) => data)
}

const typeOf = (data: string) => (JSON.parse(data) as { type: string }).type

/** The same events as our client gets them. */
function frames(all: readonly string[]): string {
  return all.map((data) => `event: ${typeOf(data)}\ndata: ${data}\n\n`).join('')
}

/** As Bedrock sends an event of Anthropic's. Source: the recorded streams of InvokeModelWithResponseStream. */
function awsFrame(data: string): Buffer {
  const headers = { ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' }
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: 'string' as const, value }])
  const body = Buffer.from(JSON.stringify({ bytes: Buffer.from(data).toString('base64'), p: 'abcdef' }))
  return Buffer.from(codec.encode({ headers: Object.fromEntries(typed), body }))
}

/** The data that the frames of Bedrock's body hold. */
function dataInFrames(body: Buffer): string[] {
  const found: string[] = []
  for (let at = 0; at < body.length; ) {
    const end = at + body.readUInt32BE(at)
    const { bytes } = JSON.parse(Buffer.from(codec.decode(body.subarray(at, end)).body).toString()) as { bytes: string }
    found.push(Buffer.from(bytes, 'base64').toString())
    at = end
  }
  return found
}

/** The names of the models differ from host to host; what is asked of them has to be for one that the recorded one is like. */
const CLAUDE = { ...HELLO, model: 'claude-sonnet-5' }
const AWS = 'application/vnd.amazon.eventstream'
const BEDROCK = {
  ...{ provider: 'bedrock', bedrock_api: 'invoke', aws_region: 'us-east-1' },
  models: { '*': 'us.anthropic.claude-sonnet-5-v1:0' },
}
const VERTEX = { provider: 'vertex-ai', vertex_project_id: 'p', vertex_region: 'us-east5' }
const AZURE = { provider: 'azure-openai', deployment_id: 'a-deployment', api_version: '2025-04-01-preview' }

describeRecorded('recorded streams of other hosts, for clients that speak the same', () => {
  const opened = cleanup()

  /** The client's answer if a target like this one sends these pieces, and the path that it was asked at. */
  async function answered(
    target: Record<string, unknown>,
    chunks: Buffer[],
    type: string,
    ask: (url: string) => Promise<{ body: string }>,
  ) {
    const upstream = await opened(scripted({ chunks, headers: { 'content-type': type } }))
    const gate = await opened(gateway({ ...target, custom_host: upstream.url, api_key: 'k', fail_on: [] }))
    const { body } = await ask(gate.url)
    return { body, path: upstream.requests[0]?.url }
  }
  const askForMessages = (url: string) => message(url, CLAUDE)

  for (const recording of streams.filter((each) => systemOf(each) === 'anthropic')) {
    const body = bytesOf(recording)
    const data = dataIn(body.toString())
    if (typeOf(data.at(-1) ?? '{}') !== 'message_stop') continue

    it(`${recording.file} arrives byte for byte from Vertex AI`, async () => {
      const { body: got, path } = await answered(VERTEX, [body], 'text/event-stream', askForMessages)
      assert.equal(got, frames(data))
      assert.match(path ?? '', /:streamRawPredict$/)
    })

    it(`${recording.file} arrives event for event from Bedrock`, async () => {
      const { body: got, path } = await answered(BEDROCK, data.map(awsFrame), AWS, askForMessages)
      assert.equal(got, frames(data))
      assert.match(path ?? '', /\/invoke-with-response-stream$/)
    })
  }

  for (const recording of streams.filter(isClaudeOnBedrock)) {
    it(`${recording.file} arrives event for event`, async () => {
      const body = bytesOf(recording)
      const data = dataInFrames(body)
      const { body: got } = await answered(BEDROCK, [body], AWS, askForMessages)
      assert.equal(got, frames(data))
    })
  }

  for (const recording of streams.filter((each) => systemOf(each) === 'openai responses')) {
    const body = bytesOf(recording)
    if (!read(recording, body).whole) continue
    it(`${recording.file} arrives byte for byte from Azure`, async () => {
      const request = { model: modelOf(recording), input: 'Hello', stream: true }
      const { body: got, path } = await answered(AZURE, [body], 'text/event-stream', (url) => respond(url, request))
      assert.equal(got, frames(dataIn(body.toString())))
      assert.equal(path, '/openai/responses?api-version=2025-04-01-preview')
    })
  }
})

function isClaudeOnBedrock(recording: Recording): boolean {
  if (systemOf(recording) !== 'bedrock invoke') return false
  return (
    /anthropic/.test(recording.url) && read(recording, bytesOf(recording)).whole && !/claude-v2/.test(recording.url)
  )
}
