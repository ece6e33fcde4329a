import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import { type Answer, read } from '../../test/helpers/client.ts'
import { WHOLE } from './providers.ts'

/**
 * - `whole`: the answer, with its terminal
 * - `failed`: an error that says so, in the stream or as a status
 * - `cut`: the connection ended in the middle, which any client sees
 * - `lost`: anything else: half an answer that looks whole, a wrong one, silence
 */
export type Verdict = 'whole' | 'failed' | 'cut' | 'lost'

export interface Told {
  readonly verdict: Verdict
  /** What the client was told of a failure. */
  readonly message?: string
}

/** Far longer than any answer takes, with all its attempts. */
const SILENCE_MS = 60_000

/** Asks once, and reads the answer as an SDK would. */
export async function ask(url: string, id: number, agent: http.Agent): Promise<Told> {
  const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: `id ${id}` }] })
  const headers = { 'content-type': 'application/json' }
  const signal = AbortSignal.timeout(SILENCE_MS)
  const request = http.request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers, signal })
  try {
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const answer = await read(response)
    return signal.aborted ? { verdict: 'lost' } : judged(answer)
  } catch {
    return { verdict: signal.aborted ? 'lost' : 'cut' }
  }
}

function judged({ status, body, frames, broken, done, text, finish }: Answer): Told {
  if (status !== 200) return { verdict: body.includes('"error"') ? 'failed' : 'lost', message: body }
  if (broken) return { verdict: 'cut' }
  const error = frames.at(-1)?.error
  if (error !== undefined) return { verdict: done ? 'lost' : 'failed', message: error.message }
  return { verdict: done && finish.at(-1) === 'stop' && text === WHOLE ? 'whole' : 'lost' }
}
