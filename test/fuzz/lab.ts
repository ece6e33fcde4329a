import http from 'node:http'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { type Streamgate, type StreamgateConfig, streamgate } from '../../lib/index.ts'
import { serve } from '../helpers/client.ts'
import type { Case } from './cases.ts'
import { ask, type Received } from './clients/client.ts'
import { type Verdict, Violation } from './judge.ts'

/** An answer that takes longer, in milliseconds, hangs. */
const HANG = 15_000

/** Where cases are run, any number at once. */
export interface Lab {
  run(id: string, one: Case): Promise<Verdict | { failed: string }>
  close(): Promise<void>
}

/** One server that plays all providers, and one that serves each case by a gateway of its own. */
export async function openLab(): Promise<Lab> {
  const cases = new Map<string, Case>()
  const gates = new Map<string, Streamgate>()
  const agents = { http: new http.Agent({ keepAlive: true }), https: https.globalAgent }

  const upstream = await serve(async (req, res) => {
    const [, id = '', target] = (req.url ?? '').split('/')
    req.on('error', () => {})
    res.on('error', () => {})
    try {
      await cases.get(id)?.play(Number(target), await text(req), req, res)
    } catch (error) {
      cases.get(id)?.log.push(`the provider's part failed: ${(error as Error).stack}`)
      res.destroy()
    }
  })
  const gateway = await serve((req, res) => gates.get(String(req.headers['x-case']))?.(req, res))

  return {
    async run(id, one) {
      cases.set(id, one)
      const config = one.config(`${upstream.url}/${id}`) as unknown as StreamgateConfig
      gates.set(id, streamgate(config, { agents, ...one.options }))
      const { client } = one
      const received = await inTime(ask(gateway.url + client.path, one.request, { 'x-case': id }))
      cases.delete(id)
      gates.delete(id)
      try {
        if (received === undefined) throw new Violation('the answer hangs')
        const verdict = client.judge(received, one.meanings, one.exact)
        if (verdict === 'HTTP error' || verdict === 'error in the stream') demandNoRescue(one, received)
        return verdict
      } catch (thrown) {
        const rule = thrown instanceof Violation ? thrown.message : String((thrown as Error).stack)
        const story = [...one.log.map((line) => JSON.stringify(line)), `right: ${JSON.stringify(one.meanings)}`]
        return { failed: [rule, ...story, `received: ${received && client.tell(received)}`].join('\n') }
      }
    },
    async close() {
      agents.http.destroy()
      await gateway.close()
      await upstream.close()
    },
  }
}

function demandNoRescue({ rescue, client }: Case, received: Received): void {
  if (rescue === 'uncertain') return
  if (rescue === 'certain' || !client.callSent(received))
    throw new Violation('an error, though the last target is good')
}

async function inTime(answer: Promise<Received>): Promise<Received | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), HANG)
  })
  const first = await Promise.race([answer, late])
  clearTimeout(timer)
  return first
}
