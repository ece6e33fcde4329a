import { isDeepStrictEqual } from 'node:util'
import type { Answer as Received } from '../helpers/client.ts'
import { type Meaning, squeezed } from './targets.ts'

/** What may have come of a case. */
export type Verdict = 'whole' | 'restarted' | 'error in the stream' | 'HTTP error'

export class Violation extends Error {}

function demand(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Violation(rule)
}

/**
 * What the client ended up with: a whole right answer, the same after an announced restart, or an explicit error; all else
 * throws. Only what the client received counts. `exact`: also the reasoning and the first blanks are those of the answer.
 */
export function judge(received: Received, meanings: readonly Meaning[], exact: boolean): Verdict {
  if (received.headers['content-type']?.startsWith('application/json')) return judgeJson(received, meanings, exact)
  const { status, frames, body, broken, done, finish } = received
  demand(status === 200, `status ${status} and no JSON`)
  demand(!broken, 'the connection broke')
  const errors = frames.filter(({ error }) => error !== undefined)
  const calls = joinedCalls(frames)

  if (errors.length > 0) {
    demand(errors.length === 1 && frames.at(-1)?.error !== undefined, 'something follows the error')
    demand(Boolean(errors[0]?.error?.message), 'an error without a message')
    demand(finish.length === 0 && !/^data: \[DONE\]/m.test(body), 'a failed answer that looks finished')
    return 'error in the stream'
  }

  demand(done, 'neither an error nor [DONE]')
  demand(finish.length === 1, `${finish.length} finish reasons`)
  demand(new Set(frames.map(({ id, created, model }) => `${id} ${created} ${model}`)).size === 1, 'two identities')
  const restart = frames.findLastIndex(({ streamgate }) => streamgate !== undefined)
  const last = frames.slice(Math.max(0, restart))
  demand(last.filter(({ choices }) => choices[0]?.delta.role).length === 1, 'not one role')
  const told = {
    text: last.map(({ choices }) => choices[0]?.delta.content ?? '').join(''),
    reasoning: last.map(({ choices }) => choices[0]?.delta.reasoning_content ?? '').join(''),
    calls,
    finish: finish[0] ?? null,
  }
  match(told, meanings, exact)
  return restart === -1 ? 'whole' : 'restarted'
}

function judgeJson({ status, body }: Received, meanings: readonly Meaning[], exact: boolean): Verdict {
  const json = JSON.parse(body)
  if (status !== 200) {
    demand(status >= 400 && Boolean(json.error?.message), `status ${status} without a message`)
    return 'HTTP error'
  }
  const { message, finish_reason } = json.choices[0]
  const told = {
    text: message.content ?? '',
    reasoning: message.reasoning_content ?? '',
    calls: (message.tool_calls ?? []).map(({ function: { name, arguments: text } }: Call) => ({
      name,
      arguments: text,
    })),
    finish: finish_reason,
  }
  match(told, meanings, exact)
  return 'whole'
}

interface Call {
  function: { name: string; arguments: string }
}
interface Told {
  text: string
  reasoning: string
  calls: { name: string; arguments: string }[]
  finish: string | null
}

function match(told: Told, meanings: readonly Meaning[], exact: boolean): void {
  const texts = meanings.filter((meaning) => sameText(told.text, meaning, exact))
  demand(texts.length > 0, "the text is nobody's answer")
  const calls = texts.filter((meaning) => isDeepStrictEqual(told.calls.map(parsed), meaning.calls.map(parsed)))
  demand(calls.length > 0, `the calls are nobody's: ${JSON.stringify(told.calls)}`)
  const ends = calls.filter(({ finish }) => finish === told.finish)
  demand(ends.length > 0, `the finish reason is nobody's: ${told.finish}`)
  if (exact)
    demand(
      ends.some(({ reasoning }) => reasoning === told.reasoning),
      "the reasoning is nobody's",
    )
}

function sameText(text: string, { text: meant, blanks }: Meaning, exact: boolean): boolean {
  if (blanks === 'exact') return exact ? text === meant : text.trimStart() === meant.trimStart()
  if (blanks === 'aside') return squeezed(text) === squeezed(meant)
  return text.trimEnd().replaceAll(/\s+/g, ' ') === meant.trimEnd().replaceAll(/\s+/g, ' ')
}

function parsed({ name, arguments: text }: { name: string; arguments: string }): unknown {
  return { name, arguments: JSON.parse(text) as unknown }
}

/** As an ordinary SDK joins them: by index, over the whole stream, knowing nothing of restarts. */
function joinedCalls(frames: Received['frames']): Told['calls'] {
  const calls: { id: string; name: string; arguments: string }[] = []
  for (const { choices } of frames) {
    for (const { index, id, function: told } of choices?.[0]?.delta.tool_calls ?? []) {
      const known = calls[index]
      if (known === undefined) {
        demand(index === calls.length && Boolean(id && told?.name), 'a call that begins without id, name or place')
        calls.push({ id: id ?? '', name: told?.name ?? '', arguments: told?.arguments ?? '' })
      } else {
        demand(id === undefined || id === known.id, 'two calls under one index')
        known.arguments += told?.arguments ?? ''
      }
    }
  }
  demand(new Set(calls.map(({ id }) => id)).size === calls.length, 'two calls with one id')
  return calls.map(({ name, arguments: text }) => ({ name, arguments: text }))
}
