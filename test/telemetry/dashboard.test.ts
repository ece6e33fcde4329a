import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { startTelemetry } from '../../lib/cli/telemetry.ts'
import { chat, open } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, type Reply, ROLE, scripted, text, USAGE } from '../helpers/upstream.ts'

const dashboard = JSON.parse(readFileSync(new URL('../../examples/grafana-dashboard.json', import.meta.url), 'utf8'))
type Panel = {
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string; legendFormat: string }[]
}
const panels: Panel[] = dashboard.panels
const queries: string[] = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.templating.list.flatMap(({ definition }: { definition?: string }) => definition ?? []),
]
/** What each metric is asked about: `name{labels}`. */
const METRIC = /\b(streamgate_\w+|gen_ai_\w+)(?=[{[,)])/g
const LABELS = /\b(streamgate_target|streamgate_outcome|error_type|gen_ai_request_model|gen_ai_token_type)\b/g

const FAILS: Reply = { status: 503, chunks: ['{"error":{"message":"busy"}}'] }
const broken = (finish: Reply['finish'] = 'reset'): Reply => ({
  chunks: [ROLE, text('Hello'), USAGE],
  ...(finish && { finish }),
})

describe('the Grafana dashboard', () => {
  const opened = cleanup()

  /** What `GET /metrics` tells when everything has happened once. */
  async function exposition(): Promise<string> {
    const telemetry = await startTelemetry({}, { log: { warn() {}, error() {} } })
    const run = async (config: Record<string, unknown>, ask = chat as (url: string) => Promise<unknown>) => {
      const gate = await opened(gateway(config, telemetry.hooks))
      await ask(gate.url)
      await gate.finished()
    }
    const up = async (...replies: Reply[]) => target((await opened(scripted(...replies))).url)
    await run({
      ...(await up(FAILS, { chunks: answer('fine ', 'words') })),
      retry: { attempts: 1 },
      cb_config: { failure_threshold: 9 },
    })
    await run(fallback(await up(broken()), await up({ chunks: answer('Hello there') })))
    await run(fallback(await up(broken()), await up({ chunks: answer('Another') })))
    await run(await up(broken()))
    const targets = [await up({ chunks: [ROLE], finish: 'hang' }), await up({ chunks: answer('fine') })]
    await run({ strategy: { mode: 'hedge', delay: 30, max_extra: 1 }, targets })
    await run(await up(broken('hang')), async (url) => {
      const response = await open(url)
      await once(response, 'data')
      response.destroy()
    })
    return (await telemetry.metrics?.()) ?? ''
  }

  it('asks for no metric and no label that is not there', async () => {
    const samples = (await exposition()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const labelsOf = new Map<string, string>()
    for (const sample of samples) {
      const name = /^\w+/.exec(sample)?.[0] ?? ''
      labelsOf.set(name, (labelsOf.get(name) ?? '') + sample)
    }
    const asked = new Set<string>()
    for (const query of queries) {
      const names = query.match(METRIC)?.filter((name) => labelsOf.has(name) || !name.match(LABELS)) ?? []
      assert.ok(names.length > 0, query)
      for (const name of names) {
        const known = labelsOf.get(name)
        assert.ok(known, `${name} in ${query}`)
        asked.add(name)
        for (const label of query.match(LABELS) ?? [])
          assert.ok(known.includes(`${label}="`), `${label} of ${name} in ${query}`)
      }
    }
    // And leaves none of ours out.
    const ours = [...labelsOf.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, ''))
    for (const name of new Set(ours))
      assert.ok(
        [...asked].some((each) => each.startsWith(name)),
        name,
      )
  })

  it('has panels that stand beside each other, each with a title and a source that the user chooses', () => {
    const cells = new Set<string>()
    for (const { title, gridPos, targets = [] } of panels) {
      assert.ok(title)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.ok(x < 24 && !cells.has(`${x} ${y}`), title)
          cells.add(`${x} ${y}`)
        }
      }
      for (const each of targets) assert.match(JSON.stringify(each), /\$\{datasource\}/)
    }
  })
})
