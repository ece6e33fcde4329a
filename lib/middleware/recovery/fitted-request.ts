import { instructionsAsUser } from '../../providers/instructions.ts'
import { nearestEffort } from '../../providers/openai/efforts.ts'
import type { Message } from '../../types/chat.ts'

/** One thing of a request that a model refuses, and what it is asked for instead. */
export interface Refusal {
  /**
   * OpenAI's name of a field; or what stands in messages: `developer`, `system`, `reasoning_content`, `state`; or `api`, the
   * provider's API that was asked.
   */
  readonly param: string
  /** Refused only while the request has this other field too. */
  readonly beside?: string
  readonly instead: Instead
}

export type Instead =
  | { readonly type: 'left-out' }
  /** The nearest of these; left out where none is near. */
  | { readonly type: 'one-of'; readonly values: readonly (string | number)[] }
  | { readonly type: 'at-most'; readonly value: number }
  /** This value, whether the request has one or not. */
  | { readonly type: 'set'; readonly value: string }

/** Roles for instructions. */
export const ROLES: readonly string[] = ['system', 'developer']

/** A request, or a body of OpenAI's form. */
interface Body {
  readonly messages: readonly Message[]
  readonly [field: string]: unknown
}

/** The body as a model with these refusals takes it; the same object if it has none of what is refused. */
export function fitted<B extends object>(body: B, refusals: readonly Refusal[]): B {
  return refusals.reduce<B>((each, refusal) => applied(each as B & Body, refusal), body)
}

/** The client's parameters that it loses, or gets in another form. */
export function lostParams(body: object, refusals: readonly Refusal[]): string[] {
  return refusals
    .filter((refusal) => !SILENT.has(refusal.param) && fitted(body, [refusal]) !== body)
    .map(({ param }) => param)
}

/** The same under another name or role, what happens anyway, and our own. */
const SILENT: ReadonlySet<string> = new Set([
  ...['developer', 'system', 'state', 'stream', 'stream_options', 'n', 'max_tokens', 'max_completion_tokens'],
])

function applied<B extends Body>(body: B, { param, beside, instead }: Refusal): B {
  if (param === 'api' || (beside !== undefined && body[beside] == null)) return body
  const messages = MESSAGES.get(param)?.(body.messages)
  if (messages !== undefined) return messages === body.messages ? body : { ...body, messages }
  if (param === 'stream') return { ...without(body, 'stream_options'), stream: false }
  const value = body[param]
  if (instead.type === 'set') return value === instead.value ? body : { ...body, [param]: instead.value }
  if (instead.type === 'at-most') return capped(body, param, instead.value)
  if (value == null) return body
  switch (instead.type) {
    case 'left-out':
      return renamedLimit(body, param) ?? without(body, param)
    case 'one-of': {
      const nearest =
        instead.values.find((each) => each === value) ?? nearestEffort(instead.values.map(String), String(value))
      if (nearest === value) return body
      return nearest === undefined ? without(body, param) : { ...body, [param]: nearest }
    }
  }
}

function without<B extends object>(body: B, param: string): B {
  const { [param]: _, ...rest } = body as Record<string, unknown>
  return rest as B
}

const OTHER_LIMIT: ReadonlyMap<string, string> = new Map([
  ['max_tokens', 'max_completion_tokens'],
  ['max_completion_tokens', 'max_tokens'],
])

/** A provider names a limit as it knows it, whatever the client calls it. */
function capped<B extends Body>(body: B, param: string, most: number): B {
  const names = [param, OTHER_LIMIT.get(param) ?? param]
  const above = names.filter((name) => typeof body[name] === 'number' && body[name] > most)
  return above.length === 0 ? body : { ...body, ...Object.fromEntries(above.map((name) => [name, most])) }
}

/** A limit is never left out: its other name is the nearest value. */
function renamedLimit<B extends Body>(body: B, param: string): B | undefined {
  const other = OTHER_LIMIT.get(param)
  return other === undefined ? undefined : without({ ...body, [other]: body[other] ?? body[param] }, param)
}

type Rewrite = (messages: readonly Message[]) => readonly Message[]

/** Refusals of what stands in messages. */
const MESSAGES: ReadonlyMap<string, Rewrite> = new Map<string, Rewrite>([
  ['developer', rewritten((message) => (message.role === 'developer' ? { ...message, role: 'system' } : message))],
  [
    'system',
    (messages) => (messages.some(({ role }) => ROLES.includes(role)) ? instructionsAsUser(messages) : messages),
  ],
  [
    'reasoning_content',
    rewritten((message) => {
      if (message.role !== 'assistant' || message.reasoning_content == null) return message
      const { reasoning_content: _, ...rest } = message
      return rest
    }),
  ],
  [
    'state',
    rewritten((message) => {
      if (message.role !== 'assistant' || !message.tool_calls?.some(({ state }) => state !== undefined)) return message
      return { ...message, tool_calls: message.tool_calls.map(({ state: _, ...call }) => call) }
    }),
  ],
])

/** The same list if no message changes. */
function rewritten(rewrite: (message: Message) => Message): Rewrite {
  return (messages) => {
    const result = messages.map(rewrite)
    return result.some((message, index) => message !== messages[index]) ? result : messages
  }
}
