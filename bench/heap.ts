/**
 * `node bench/heap.ts [streamgate|floor] [streams] [long]`: what an idle stream keeps on the heap, by kind of object: the difference
 * of two heap snapshots, divided by the number of streams.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { start } from './child.ts'
import { conversation, requestFor } from './requests.ts'
import { script } from './script.ts'

interface Snapshot {
  snapshot: { meta: { node_fields: string[]; node_types: [string[], ...unknown[]] } }
  nodes: number[]
  strings: string[]
}

const kind = process.argv[2] ?? 'streamgate'
const streams = Number(process.argv[3] ?? 200)
const folder = mkdtempSync(join(tmpdir(), 'bench-heap-'))

const upstream = await start(new URL('./upstream.ts', import.meta.url), {}, { core: 1 })
const load = await start(new URL('./load.ts', import.meta.url), {}, { core: 1 })
const args = { upstream: `http://127.0.0.1:${upstream.facts.port}`, dialect: 'anthropic', scenario: 'plain' }
const child = await start(new URL(`./contestants/${kind}.ts`, import.meta.url), args, { core: 0 })
const port = child.facts.port as number
const asked = process.argv[4] === 'long' ? conversation() : {}
const of = (fields: object) =>
  requestFor({ kind: 'streamgate', scenario: 'plain', headers: {} }, script('anthropic', fields), asked)

await load.ask('closed', { port, ...of({ perWrite: 8 }), connections: 8, requests: 2000 })
const before = await snapshot('before')
await load.ask('open', { port, ...of({ events: 4, after: 'hang' }), connections: streams, ramp: streams })
await sleep(500)
const after = await snapshot('after')
await Promise.all([upstream, load, child].map((each) => each.stop()))
rmSync(folder, { recursive: true })

const rows = [...after].map(([name, { count, bytes }]) => {
  const known = before.get(name) ?? { count: 0, bytes: 0 }
  return { name, count: (count - known.count) / streams, bytes: (bytes - known.bytes) / streams }
})
const total = rows.reduce((sum, { bytes }) => sum + bytes, 0)
console.log(`${kind}: ${total.toFixed(0)} bytes a stream`)
for (const { name, count, bytes } of rows.sort((a, b) => b.bytes - a.bytes).slice(0, 70)) {
  console.log(`${bytes.toFixed(0).padStart(7)}  ${count.toFixed(1).padStart(6)} × ${name}`)
}

async function snapshot(name: string): Promise<Map<string, { count: number; bytes: number }>> {
  await child.ask('memory')
  const file = await child.ask<string>('snapshot', join(folder, `${name}.heapsnapshot`))
  const { snapshot: about, nodes, strings } = JSON.parse(readFileSync(file, 'utf8')) as Snapshot
  const { node_fields: fields, node_types: types } = about.meta
  const [type, label, size] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field)) as [
    number,
    number,
    number,
  ]
  const kinds = new Map<string, { count: number; bytes: number }>()
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kindOf = types[0][nodes[at + type] as number] as string
    const text = kindOf.includes('string') ? '' : (strings[nodes[at + label] as number] ?? '')
    const key = `${kindOf} ${text.slice(0, 60)}`
    const known = kinds.get(key) ?? { count: 0, bytes: 0 }
    known.count += 1
    known.bytes += nodes[at + size] as number
    kinds.set(key, known)
  }
  return kinds
}
