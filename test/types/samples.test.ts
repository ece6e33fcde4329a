import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type OpenAI from 'openai'
import { parseRequest } from '../../lib/dialects/chat-completions/request.ts'
import { RequestError } from '../../lib/errors.ts'
import { providers } from '../../lib/providers/index.ts'
import type { Endpoint } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'
import { CONVERSATIONS, messagesOf, params } from '../sdk/conversations.ts'
import { SYSTEMS } from '../sdk/systems/index.ts'
import type { System } from '../sdk/systems/system.ts'

type Params = Omit<OpenAI.Chat.ChatCompletionCreateParamsStreaming, 'model' | 'stream'>

const messages: Params['messages'] = [{ role: 'user', content: 'How is the weather?' }]
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const weather = { type: 'function' as const, function: { name: 'get_weather', parameters } }
const time = { type: 'function' as const, function: { name: 'get_time', description: 'Tells the time' } }
const tools = [weather, time]
const closed = { ...parameters, additionalProperties: false }
const named = { type: 'function' as const, function: { name: 'get_weather' } }
const PDF = 'data:application/pdf;base64,JVBERi0='

/** What the conversations do not ask for. */
const REQUESTS: Readonly<Record<string, Params>> = {
  sampling: {
    messages,
    ...{ temperature: 1.5, top_p: 0.5, seed: 7, presence_penalty: 1, frequency_penalty: -1 },
    ...{ max_completion_tokens: 2048, stop: 'END', logit_bias: { '5': 1 } },
  },
  'log probabilities': { messages, logprobs: true, top_logprobs: 2 },
  identity: { messages, user: 'ada', safety_identifier: 'a-1', metadata: { Team: 'A b' }, service_tier: 'priority' },
  'standard tier': { messages, service_tier: 'default', store: true, prompt_cache_key: 'k', verbosity: 'low' },
  'a forced tool': { messages, tools, tool_choice: 'required', parallel_tool_calls: false },
  'a named tool': { messages, tools, tool_choice: named },
  'no tool': { messages, tools, tool_choice: 'none' },
  'allowed tools': {
    messages,
    tools,
    tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ ...named }] } },
  },
  'a strict tool': {
    messages,
    tools: [{ type: 'function', function: { name: 'get_weather', parameters: closed, strict: true } }],
    tool_choice: 'auto',
  },
  'any JSON': { messages, response_format: { type: 'json_object' } },
  'JSON and tools': {
    messages,
    tools,
    response_format: { type: 'json_schema', json_schema: { name: 'w', description: 'It', schema: closed } },
  },
  'least effort': { messages, reasoning_effort: 'none' },
  'most effort': { messages, reasoning_effort: 'xhigh', max_completion_tokens: 30_000 },
  search: {
    messages,
    web_search_options: { user_location: { type: 'approximate', approximate: { city: 'Paris', country: 'FR' } } },
  },
  'a document': {
    messages: [{ role: 'user', content: [{ type: 'file', file: { file_data: PDF, filename: 'a.pdf' } }] }],
  },
  'a text file': {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Read' },
          { type: 'file', file: { file_data: 'data:text/plain;base64,SGk=', filename: 'a.txt' } },
        ],
      },
    ],
  },
  audio: {
    messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } }] }],
  },
  'all roles': {
    messages: [
      { role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', name: 'ada', content: [{ type: 'text', text: 'Hi' }] },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Please' },
      { role: 'assistant', content: 'Well, ' },
    ],
  },
}

/** What a target of this system would send; undefined for what the system does not serve. */
async function bodyOf(system: System, about: string, request: Params): Promise<unknown> {
  const { provider, custom_host, ...fields } = system.target('http://provider.test')
  const endpoint: Endpoint = {
    apiKey: 'key',
    customHost: String(custom_host),
    fields,
    strict: true,
    fetchMedia: noMedia,
  }
  const model = system.models?.[about] ?? system.model
  const encode = providers[String(provider)]?.encode ?? assert.fail()
  try {
    const { body } = await encode(parseRequest({ model, stream: true, ...request }).request, endpoint)
    return JSON.parse(body)
  } catch (error) {
    if (error instanceof RequestError) return undefined
    throw error
  }
}

/**
 * Each body as a literal of its SDK's type, in which the compiler lets no field pass that the type does not have. Before
 * each a comment tells whose it is.
 */
async function program(): Promise<string[]> {
  const requests: Record<string, Params> = { ...REQUESTS }
  for (const [about, conversation] of Object.entries(CONVERSATIONS)) {
    requests[about] = { messages: messagesOf(conversation), ...params(conversation) }
  }
  const path = fileURLToPath(new URL('requests.ts', import.meta.url))
  const lines = [`import type { Requests } from ${JSON.stringify(path)}`]
  const literal = (name: string, system: string, body: unknown) =>
    lines.push(`export const ${name}: Requests['${system}'] = ${JSON.stringify(body)}`)

  for (const [name, system] of Object.entries(SYSTEMS)) {
    for (const [about, request] of Object.entries(requests)) {
      const body = await bodyOf(system, about, request)
      if (body === undefined) continue
      lines.push(`// ${name}: ${about}`)
      literal(`_${lines.length}`, name, body)
      if (about !== 'text') continue
      lines.push('// @ts-expect-error: a name that is wrong')
      literal(`_${lines.length}`, name, { ...body, streem: true })
    }
  }
  return lines
}

describe('bodies that we send, by example', () => {
  const folder = mkdtempSync(join(tmpdir(), 'streamgate-types-'))
  after(() => rmSync(folder, { recursive: true }))

  it("fit the official SDKs' types", async function () {
    this.timeout(30_000)
    const root = fileURLToPath(new URL('../../', import.meta.url))
    const lines = await program()
    writeFileSync(join(folder, 'bodies.mts'), lines.join('\n'))
    const tsconfig = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { types: [], rewriteRelativeImportExtensions: false },
      include: ['bodies.mts'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(({ stdout }: { stdout: string }) => {
      assert.fail(stdout.replace(/^\S+bodies\.mts\((\d+),\d+\)/gm, (_, line) => String(lines[Number(line) - 2])))
    })
  })
})
