import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { Verdict } from '../judge.ts'
import type { Meaning } from '../targets.ts'

/** All that came of a request. */
export interface Received {
  status: number
  headers: IncomingHttpHeaders
  body: string
  /** Whether the connection broke before the body's end. */
  broken: boolean
}

/** What a client of one dialect asks, and what it takes its answers for. */
export interface FuzzClient {
  name: string
  path: string
  /** Whether an answer may begin anew before its eyes. */
  hearsRestarts: boolean
  request(stream: boolean): Record<string, unknown>
  /** Throws Violation for all that is neither a right answer nor an explicit error. */
  judge(received: Received, meanings: readonly Meaning[], exact: boolean): Verdict
  /** Whether a part of a call came. */
  callSent(received: Received): boolean
  /** What came, for those who look into a failure. */
  tell(received: Received): string
}

/** Posts a request and reads all of the answer. */
export function ask(url: string, body: unknown, headers: Record<string, string>): Promise<Received> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', agent: false, headers })
    request.on('error', reject)
    request.on('response', (response) => void read(response).then(resolve, reject))
    request.end(JSON.stringify(body))
  })
}

async function read(response: IncomingMessage): Promise<Received> {
  let body = ''
  let broken = false
  response.setEncoding('utf8')
  try {
    for await (const piece of response) body += piece
  } catch {
    broken = true
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body, broken }
}
