import * as v from 'valibot'
import { RequestError } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import { checkBody } from '../check-body.ts'
import { ModelName } from '../model-name.ts'

/** A request for a completion, as a chat. */
export interface CompletionRequest {
  request: ChatRequest
  stream: boolean
  includeUsage: boolean
  /** The text that the answer begins with: the prompt, if the client wants it back. */
  echo: string
}

/** Wire source: openai-node 7.59, `src/resources/completions.ts`. Members that are not known here pass unchecked. */
const BodySchema = v.looseObject({
  model: v.nullish(ModelName),
  prompt: v.union([v.string(), v.array(v.unknown())], 'must be a string'),
  suffix: v.nullish(v.string()),
  echo: v.nullish(v.boolean()),
  best_of: v.nullish(v.pipe(v.number(), v.integer())),
  logprobs: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20))),
  max_tokens: v.nullish(v.pipe(v.number(), v.integer())),
  temperature: v.nullish(v.number()),
  top_p: v.nullish(v.number()),
  n: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(128))),
  stop: v.nullish(v.union([v.string(), v.array(v.string())], 'must be a string or an array of strings')),
  seed: v.nullish(v.number()),
  presence_penalty: v.nullish(v.number()),
  frequency_penalty: v.nullish(v.number()),
  logit_bias: v.nullish(v.record(v.string(), v.number())),
  user: v.nullish(v.string()),
  stream: v.nullish(v.boolean()),
  stream_options: v.nullish(v.looseObject({ include_usage: v.nullish(v.boolean()) })),
})

/** Checks a body and brings it into the form of a chat. Throws RequestError with the path of what is wrong. */
export function readCompletionRequest(body: unknown): CompletionRequest {
  checkBody(BodySchema, body)
  const given = Object.fromEntries(Object.entries(body as object).filter(([, value]) => value !== null))
  const { prompt, suffix, echo, best_of, logprobs, model, ...rest } = given as v.InferOutput<typeof BodySchema>
  if (suffix) throw unsupported('suffix', 'A chat model cannot write what stands before a suffix.')
  if ((best_of ?? 1) > 1) throw unsupported('best_of', 'Only one answer is made for each choice.')
  const text = promptText(prompt)
  const request: ChatRequest = Object.freeze({
    ...(rest as Partial<ChatRequest>),
    model: model ?? '',
    messages: Object.freeze([{ role: 'user' as const, content: text }]),
    ...(logprobs != null && { logprobs: true, ...(logprobs > 0 && { top_logprobs: logprobs }) }),
  })
  return {
    request,
    stream: request.stream === true,
    includeUsage: request.stream_options?.include_usage === true,
    echo: echo ? text : '',
  }
}

/** Several prompts would be several chats, and tokens are a language of one model's own. */
function promptText(prompt: string | unknown[]): string {
  const [text] = typeof prompt === 'string' ? [prompt] : prompt
  if (typeof text === 'string' && (typeof prompt === 'string' || prompt.length === 1)) return text
  throw unsupported('prompt', 'The prompt must be one string.')
}

function unsupported(param: string, message: string): RequestError {
  return new RequestError(message, { param, code: 'unsupported_value' })
}
