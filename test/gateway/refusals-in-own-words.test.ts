import assert from 'node:assert/strict'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, type Gateway, gateway, target } from '../helpers/gateway.ts'
import { FIELDS, refusing } from '../helpers/refusing.ts'
import { type Scripted, scripted } from '../helpers/upstream.ts'

type Json = Record<string, unknown>
type Words = (path: readonly string[]) => { body: Json; status?: number }

/** The parameters that providers refuse, each in a request of its own. */
const PARAMS: Json = {
  stop: ['x'],
  temperature: 0.5,
  top_p: 0.5,
  top_k: 5,
  min_p: 0.1,
  seed: 7,
  presence_penalty: 0.5,
  frequency_penalty: 0.5,
  repetition_penalty: 1.1,
  logit_bias: { 1: 1 },
  logprobs: true,
  top_logprobs: 2,
  user: 'u',
  safety_identifier: 's',
  metadata: { a: 'b' },
  store: true,
  service_tier: 'flex',
  reasoning_effort: 'low',
  verbosity: 'low',
  parallel_tool_calls: false,
  tool_choice: 'auto',
  prompt_cache_key: 'k',
  prompt_cache_retention: '24h',
  prediction: { type: 'content', content: 'x' },
  n: 1,
  response_format: { type: 'text' },
  modalities: ['text'],
  moderation: { model: 'omni-moderation-latest' },
  enable_thinking: true,
  thinking: { type: 'enabled', budget_tokens: 1024 },
  context_management: { edits: [] },
  guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
  safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
  safe_prompt: true,
  safety_mode: 'NONE',
}

const last = (path: readonly string[]) => path.at(-1) ?? ''
const openai = (message: string, param: string | null, code: string | null): Json => ({
  error: { message, type: 'invalid_request_error', param, code },
})

const UNSUPPORTED: Words = ([field = '']) => ({
  body: openai(`Unsupported parameter: '${field}' is not supported with this model.`, field, 'unsupported_parameter'),
})
const UNRECOGNIZED: Words = ([field]) => ({
  body: openai(`Unrecognized request argument supplied: ${field}`, null, null),
})
/** FastAPI's, on Azure Foundry and at Mistral. */
const extra = (field: string | undefined) => ({
  type: 'extra_forbidden',
  loc: ['body', field],
  msg: 'Extra inputs are not permitted',
})
const FOUNDRY: Words = ([field]) => ({
  body: { error: { code: 'Invalid input', message: 'invalid input error', status: 422, details: [extra(field)] } },
  status: 422,
})
const MISTRAL: Words = ([field]) => ({
  body: { object: 'error', message: { detail: [extra(field)] }, type: 'invalid_request_error' },
  status: 422,
})
/** As recorded for log probabilities. */
const MISTRAL_CODE: Words = ([field]) => ({
  body: {
    object: 'error',
    message: `${field} is not enabled for this model`,
    type: 'invalid_request_invalid_args',
    code: '3051',
    param: null,
    raw_status_code: 400,
  },
})
const GROQ: Words = ([field]) => ({ body: { error: { message: `property '${field}' is unsupported` } } })
const GROQ_MODEL: Words = ([field]) => ({
  body: openai(`\`${field}\` is not supported with this model`, null, null),
})
const TOGETHER: Words = ([field = '']) => ({
  body: openai(`Input validation error: ${field} is not supported for this model`, field, 'invalid_parameter'),
})
const anthropic = (message: string): { body: Json } => ({
  body: { type: 'error', error: { type: 'invalid_request_error', message } },
})
const ANTHROPIC: Words = (path) => anthropic(`${path.join('.')}: Extra inputs are not permitted`)
const ANTHROPIC_MODEL: Words = ([field]) => anthropic(`\`${field}\` is not supported on this model.`)
const gemini = (message: string): { body: Json } => ({
  body: { error: { code: 400, message, status: 'INVALID_ARGUMENT' } },
})
const GEMINI: Words = (path) =>
  gemini(
    `Invalid JSON payload received. Unknown name "${last(path)}" at '${path.length > 1 ? 'generation_config' : ''}': Cannot find field.`,
  )
const GEMINI_MODEL: Words = (path) =>
  gemini(`Unable to submit request because ${last(path)} is not supported by this model.`)
const COHERE: Words = ([field]) => ({ body: { message: `unknown field: parameter '${field}' is not a valid field` } })
const COHERE_MODEL: Words = ([field]) => ({ body: { message: `${field} is not supported by this model` } })
const BEDROCK: Words = (path) => ({
  body: { message: `This model doesn't support the ${last(path)} field. Remove ${last(path)} and try again.` },
})
const BEDROCK_EXTRA: Words = (path) => ({
  body: {
    message: `Malformed input request: #: extraneous key [${last(path)}] is not permitted, please reformat your input and try again.`,
  },
})

interface Speaker {
  provider: string
  model: string
  words: readonly Words[]
  /** How many of the parameters have a form there. */
  least: number
  /** Objects of the body whose fields are parameters of their own; of any other object the whole is one. */
  groups?: readonly string[]
}

const SPEAKERS: readonly Speaker[] = [
  { provider: 'openai', model: 'gpt-4o', least: 30, words: [UNSUPPORTED, UNRECOGNIZED] },
  { provider: 'azure-openai', model: 'gpt-4o', least: 28, words: [UNSUPPORTED, UNRECOGNIZED, FOUNDRY] },
  { provider: 'groq', model: 'llama-3.3-70b-versatile', least: 10, words: [GROQ, GROQ_MODEL] },
  { provider: 'together-ai', model: 'm', least: 20, words: [TOGETHER] },
  { provider: 'mistral-ai', model: 'mistral-large-latest', least: 13, words: [MISTRAL, MISTRAL_CODE] },
  {
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    least: 10,
    words: [ANTHROPIC, ANTHROPIC_MODEL],
    groups: ['metadata'],
  },
  {
    ...{ provider: 'google', model: 'gemini-2.5-flash', least: 9, words: [GEMINI, GEMINI_MODEL] },
    groups: ['generationConfig'],
  },
  {
    ...{ provider: 'vertex-ai', model: 'gemini-2.5-flash', least: 9, words: [GEMINI, GEMINI_MODEL] },
    groups: ['generationConfig'],
  },
  { provider: 'cohere', model: 'command-a-reasoning-08-2025', least: 10, words: [COHERE, COHERE_MODEL] },
  {
    ...{ provider: 'bedrock', model: 'amazon.nova-pro-v1:0', least: 5, words: [BEDROCK, BEDROCK_EXTRA] },
    groups: ['inferenceConfig', 'additionalModelRequestFields'],
  },
  {
    ...{ provider: 'bedrock', model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' },
    least: 5,
    words: [BEDROCK, BEDROCK_EXTRA],
    groups: ['inferenceConfig', 'additionalModelRequestFields'],
  },
]

const TOOLS = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }]

/** The paths at which a body has what another lacks. */
function added(body: Json, other: Json, groups: readonly string[]): string[][] {
  return Object.entries(body).flatMap(([field, value]): string[][] => {
    const known = other[field]
    if (JSON.stringify(value) === JSON.stringify(known)) return []
    if (!groups.includes(field)) return known === undefined ? [[field]] : []
    return added(value as Json, (known ?? {}) as Json, groups).map((path) => [field, ...path])
  })
}

const at = (body: Json, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, step) => (value as Json | undefined)?.[step], body)

describe('a provider that refuses a parameter in its own words', () => {
  const opened = cleanup()

  for (const { provider, model, words, least, groups = [] } of SPEAKERS) {
    describe(`${provider}, ${model}`, () => {
      const gate = (up: Scripted): Promise<Gateway> =>
        opened(gateway(target(up.url, { provider, ...FIELDS[provider] })))
      const sent = (up: Scripted) => up.requests.map(({ body }) => JSON.parse(body) as Json)

      /** What goes upstream for a request that is taken. */
      async function taken(request: Json): Promise<Json> {
        const up = await opened(scripted(refusing(provider, () => false, {})))
        await chat((await gate(up)).url, { ...HELLO, model, tools: TOOLS, ...request })
        return sent(up)[0] ?? assert.fail('nothing was sent')
      }

      for (const [number, say] of words.entries()) {
        it(`is asked for the same without it, once, for each of its parameters (words ${number + 1})`, async () => {
          const plain = await taken({})
          let count = 0
          for (const [param, value] of Object.entries(PARAMS)) {
            const path = added(await taken({ [param]: value }), plain, groups).at(-1)
            // It has no form there, and was not sent.
            if (path === undefined) continue
            count += 1
            const { body: error, status } = say(path)
            const refused = (body: Json): boolean => at(body, path) !== undefined
            const up: Scripted = await opened(scripted(refusing(provider, refused, error, status)))
            const { url } = await gate(up)
            for (const calls of [2, 3]) {
              const answered = await chat(url, { ...HELLO, model, tools: TOOLS, [param]: value })
              assert.deepEqual([answered.status, answered.text], [200, 'fine'], `${param}: ${JSON.stringify(error)}`)
              assert.equal(
                up.requests.length,
                calls,
                `${param}: one call more for the first request, none for the second`,
              )
            }
            assert.deepEqual(sent(up).slice(1), [plain, plain], `${param}: nothing else changed`)
          }
          assert.ok(count >= least, `${count} parameters were sent`)
        })
      }
    })
  }
})
