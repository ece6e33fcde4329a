import type { IncomingHttpHeaders } from 'node:http'
import { parse } from '../../helpers/client.ts'
import { demand, match, type Told, type Verdict } from '../judge.ts'
import type { Meaning } from '../targets.ts'
import type { FuzzClient, Received } from './client.ts'

type Frames = ReturnType<typeof parse>['frames']

export const chatClient: FuzzClient = {
  name: 'chat completions',
  path: '/v1/chat/completions',
  hearsRestarts: true,
  request: (stream) => ({
    model: 'm',
    stream,
    messages: [{ role: 'user', content: 'hi' }],
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }],
  }),
  judge: (received, meanings, exact) =>
    isJson(received.headers) ? judgeJson(received, meanings, exact) : judgeStream(received, meanings, exact),
  callSent: ({ headers, body }) =>
    !isJson(headers) &&
    parse(body).frames.some(({ choices }) => choices?.some(({ delta }) => delta.tool_calls !== undefined)),
  tell: ({ headers, body }) => (isJson(headers) ? body : short(body)),
}

export function isJson(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('application/json') === true
}

/**
 * What the client ended up with: a whole right answer, the same after an announced restart, or an explicit error; all else
 * throws. Only what the client received counts.
 */
function judgeStream(received: Received, meanings: readonly Meaning[], exact: boolean): Verdict {
  const { status, body, broken } = received
  const { frames, done, finish } = parse(body)
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
/** As an ordinary SDK joins them: by index, over the whole stream, knowing nothing of restarts. */
function joinedCalls(frames: Frames): Told['calls'] {
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

/** What the client got, without the envelopes. */
function short(body: string): string {
  const { frames, done } = parse(body)
  const told = frames.map(({ choices: [choice] = [], error, streamgate }) => {
    const { role: _, refusal: __, ...delta } = choice?.delta ?? {}
    const finish = choice?.finish_reason
    return { ...delta, ...(finish && { finish }), ...(streamgate && { streamgate }), ...(error && { error }) }
  })
  return `${JSON.stringify(told)}${done ? ' [DONE]' : ''}`
}
