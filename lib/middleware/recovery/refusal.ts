import type { UpstreamError } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import { type Instead, type Refusal, ROLES } from './fitted-request.ts'
import { allowedValues, isMistaken, upperBound } from './refused-values.ts'

/**
 * Reads from a failure which parameters or values of `request` its provider refuses, in the words of all providers; empty for
 * every other failure, and where the request would mean something else without them. A wrong reading costs one more call.
 */
export function refusalsIn({ kind, status, api }: UpstreamError, request: ChatRequest): Refusal[] {
  if (kind !== 'status' || (status !== 400 && status !== 422) || OTHER_FAULTS.has(api.code ?? '')) return []
  const message = api.message.slice(0, LONGEST)
  if (!REFUSES.test(message) && !REFUSES.test(api.code?.replaceAll('_', ' ') ?? '')) return []

  const wish = OWN_WISHES.find(([pattern]) => pattern.test(`${api.code} ${message}`))?.[1]
  if (wish !== undefined) return [{ param: wish, instead: LEFT_OUT }]
  // OpenAI's newer models reason unasked, and then take no tools in Chat Completions.
  if (/tools? with reasoning_effort/i.test(message)) return [UNREASONED_TOOLS]
  if (/reasoning_content.*passed back/i.test(message)) return []
  const sent = sentParams(request)
  const role = refusedRole(message, sent)
  if (role !== undefined) return [{ param: role, instead: LEFT_OUT }]
  const names = namesIn(api.param ?? '', message, sent)
  const pair = names.length > 1 && CONFLICTS.test(message) ? leastOf(names, request) : undefined
  const refused = pair === undefined ? names.map((param) => ({ param })) : [pair]
  return refused.flatMap(({ param, ...beside }: Pick<Refusal, 'param' | 'beside'>) => {
    const instead = insteadOf(param, message, request, beside.beside)
    return instead === undefined ? [] : [{ param, ...beside, instead }]
  })
}

/** Characters of a message that are read. */
const LONGEST = 2000

/** Failures that are about other things than parameters, whatever their message names. */
const OTHER_FAULTS: ReadonlySet<string> = new Set([
  ...['context_length_exceeded', 'content_filter', 'model_not_found', 'invalid_api_key', 'tool_use_failed'],
  'continuation_refused',
])

const REFUSES = new RegExp(
  [
    "(?:\\bnot|n't|never|no longer|\\bin)[\\s-]?(?:be |been |yet |currently )*(?:support|permit|allow|enabl|accept|recogni[sz]|compatib|valid|available|implement)",
    'unsupported|unknown|unrecogni[sz]ed|unexpected|\\bextra(?:neous)?\\b|forbidden|incompatible|deprecated|corrupt',
    "\\bonly\\b|must be|should be|expected|cannot|can't|verified|too (?:large|small|high|low|many|long)",
    'one of|allowed values?|supported range|at (?:most|least)|maximum|minimum|exceed|[<>]',
  ].join('|'),
  'i',
)

/** Two parameters that are refused together. */
const CONFLICTS =
  /\bboth\b|combin|together|only one|one of .* and |mutually|simultaneous|(?:used|supported|allowed|specified) (?:with|alongside|when)|\bwith\b/i

/**
 * What we ask of the Responses API unasked, and what it refuses of it: summaries (an organisation that is not verified), encrypted
 * reasoning (models without any), and the reasoning of a call that another organisation made. Sources:
 * continuedev/continue#12031, openai/codex#8145.
 */
const OWN_WISHES: readonly (readonly [RegExp, string])[] = [
  [/reasoning summar|reasoning\.summary/i, 'reasoning_summary'],
  [/encrypted content is not supported/i, 'include'],
  [/invalid_encrypted_content|encrypted content .{0,500}could not be/i, 'state'],
]

const UNREASONED_TOOLS: Refusal = {
  param: 'reasoning_effort',
  beside: 'tools',
  instead: { type: 'set', value: 'none' },
}

const LEFT_OUT: Instead = { type: 'left-out' }

// ---------------------------------------------------------------------------------------------------- what is named

/** All that a provider may name of this request: its own fields, and what stands in its messages. */
function sentParams(request: ChatRequest): ReadonlySet<string> {
  const sent = new Set(Object.keys(request).filter((name) => request[name] != null))
  if (sent.has('max_tokens') || sent.has('max_completion_tokens')) sent.add('max_tokens').add('max_completion_tokens')
  // Asked for by us, whatever the client wants.
  sent.add('stream').add('stream_options')
  for (const message of request.messages) {
    if (ROLES.includes(message.role)) sent.add(message.role)
    if (message.role !== 'assistant') continue
    if (message.reasoning_content) sent.add('reasoning_content')
    if (message.tool_calls?.some(({ state }) => state !== undefined)) sent.add('state')
  }
  return sent
}

/** The parameters that the provider names first: by its `param`, in quotes, as identifiers, last as plain words. */
function namesIn(param: string, message: string, sent: ReadonlySet<string>): string[] {
  const inMessages = /\bmessages?[.[\d]/.test(`${param} ${message}`)
  const words = message.match(/[A-Za-z_][\w.[\]-]*/g) ?? []
  const kinds = [
    [param],
    Array.from(message.matchAll(/[`'"‘“]([A-Za-z_][\w.[\]-]*)[`'"’”]/g), ([, name = '']) => name),
    words.filter((word) => /_|[a-z][A-Z]/.test(word)),
    /\bmaximum (?:output )?tokens\b/i.test(message) ? LIMIT.slice(0, 1) : [],
    words,
  ]
  for (const kind of kinds) {
    const names = kind.flatMap((path) => openaiName(path, sent, inMessages) ?? [])
    const refusable = [...new Set(names)].filter((name) => !NEVER.has(name) || name === 'tools')
    if (refusable.some((name) => !NEVER.has(name))) return withTools(refusable, message, sent)
    // A path that leads into a message or a tool names nothing that may go.
    if (names.length > 0 && kind[0] === param) return []
  }
  return []
}

/** Tools are named in many ways where they are the other half of a conflict. */
function withTools(names: string[], message: string, sent: ReadonlySet<string>): string[] {
  const others = names.filter((name) => name !== 'tools')
  return sent.has('tools') && /\btools?\b|function.call/i.test(message) ? [...others, 'tools'] : others
}

/** The requested parameter that a provider's path names; undefined if there is none. */
function openaiName(path: string, sent: ReadonlySet<string>, inMessages: boolean): string | undefined {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '' && !/^\d+$/.test(step))
  const last = snakeCase(steps.at(-1) ?? '')
  if (inMessages)
    return IN_MESSAGES[last]?.find((name) => sent.has(name)) ?? (steps.length > 1 ? 'messages' : undefined)
  if (steps[0] === 'tools') return 'tools'
  return [steps.at(-1) ?? '', last, ...(own(SYNONYMS, last) ?? [])].find((name) => sent.has(name))
}

function snakeCase(name: string): string {
  return name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase()
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

const EFFORT = ['reasoning_effort', 'thinking', 'reasoning', 'reasoning_content']
const USER = ['safety_identifier', 'user']
const LIMIT = ['max_completion_tokens', 'max_tokens']

/** OpenAI's names for those that the providers have. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  stop_sequences: ['stop'],
  max_output_tokens: LIMIT,
  max_new_tokens: LIMIT,
  max_gen_len: LIMIT,
  max_token_count: LIMIT,
  p: ['top_p'],
  k: ['top_k'],
  random_seed: ['seed'],
  penalty: ['presence_penalty', 'frequency_penalty'],
  effort: EFFORT,
  reasoning: EFFORT,
  reasoning_config: EFFORT,
  thinking: EFFORT,
  thinking_config: EFFORT,
  thinking_budget: EFFORT,
  thinking_level: EFFORT,
  budget_tokens: EFFORT,
  output_config: EFFORT,
  user_id: USER,
  metadata: USER,
  request_metadata: ['metadata'],
  labels: ['metadata'],
  tool_choice: ['parallel_tool_calls'],
  disable_parallel_tool_use: ['parallel_tool_calls'],
  tool_config: ['tool_choice'],
  function_calling_config: ['tool_choice'],
  response_mime_type: ['response_format'],
  response_logprobs: ['logprobs'],
  json: ['response_format'],
  streaming: ['stream'],
  converse_stream: ['stream'],
  invoke_model_with_response_stream: ['stream'],
  signature: ['state'],
  thought_signature: ['state'],
  signatures: ['state'],
}

/** What may go of a message. */
const IN_MESSAGES: Readonly<Record<string, readonly string[]>> = {
  reasoning_content: ['reasoning_content'],
  reasoning: ['reasoning_content'],
  reasoning_details: ['reasoning_content'],
  thinking: ['reasoning_content'],
  signature: ['state'],
  thought_signature: ['state'],
}

/** A role that a provider does not know, by its name or by the list of those that it does. */
function refusedRole(message: string, sent: ReadonlySet<string>): 'developer' | 'system' | undefined {
  if (/developer instruction/i.test(message)) return 'system'
  if (sent.has('developer') && (/developer/i.test(message) || ROLE_LIST.test(message))) return 'developer'
  return sent.has('system') && NO_SYSTEM.test(message) ? 'system' : undefined
}

const ROLE_LIST = /['"`]system['"`],? .*['"`]assistant['"`]/
const NO_SYSTEM =
  /(?:not|n't) support (?:the )?['"`]?system\b|system['"`]? (?:role|message|prompt|instruction)s?['"`]? (?:is |are )?(?:not|un)|role ['"`]?system['"`]? (?:is |are )?(?:not|un)/i

// ------------------------------------------------------------------------------------------------------ what to do

/** Those without which the request would be another one. */
const NEVER: ReadonlySet<string> = new Set(['model', 'messages', 'tools', 'functions', 'audio'])

/** From the least worth keeping. */
const LEAST_FIRST = [
  'top_k',
  'top_p',
  'response_format',
  'parallel_tool_calls',
  'reasoning_effort',
  'stop',
  'temperature',
]

/** Of parameters that are refused together the one to go, and one beside which it went. */
function leastOf(names: readonly string[], request: ChatRequest): Pick<Refusal, 'param' | 'beside'> | undefined {
  const rank = (name: string) => (LEAST_FIRST.indexOf(name) + 1 || 100) + (NEVER.has(name) ? 1000 : 0)
  const [param, beside] = names.filter((name) => request[name] != null).toSorted((a, b) => rank(a) - rank(b))
  return param === undefined || beside === undefined ? undefined : { param, beside }
}

function insteadOf(param: string, message: string, request: ChatRequest, beside?: string): Instead | undefined {
  if (NEVER.has(param) || isMistaken(param, request)) return undefined
  const values = allowedValues(param, message)
  if (values.length > 0) return { type: 'one-of', values }
  const bound = upperBound(param, message, request)
  if (bound !== undefined) return bound
  return isNeeded(param, request, beside) ? undefined : LEFT_OUT
}

/** Whether the answer would not be the one that was asked for. */
function isNeeded(param: string, request: ChatRequest, beside: string | undefined): boolean {
  const value = request[param]
  switch (param) {
    case 'n':
      return value !== 1
    case 'tool_choice':
      return value !== 'auto'
    case 'modalities':
      return JSON.stringify(value) !== '["text"]'
    case 'response_format':
      return !(
        request.response_format?.type === 'text' ||
        (request.response_format?.type === 'json_object' && beside === 'tools')
      )
    default:
      return false
  }
}
