/**
 * `node bench/profile.ts FILE.cpuprofile …`: where the time went, by file and by function. Profiles are made with
 * `npm run bench -- --only burst --contestants streamgate --profile DIR`.
 */
import { readFileSync } from 'node:fs'

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }[]
  samples: number[]
  timeDeltas: number[]
}

const ROWS = 45

for (const file of process.argv.slice(2)) summarize(JSON.parse(readFileSync(file, 'utf8')) as Profile)

function summarize({ nodes, samples, timeDeltas }: Profile): void {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  // What comes before the first request is the start of the process.
  const first = samples.findIndex((id) => byId.get(id)?.callFrame.url === 'node:_http_server')
  const self = new Map<number, number>()
  for (let n = Math.max(first, 0); n < samples.length; n++) {
    const id = samples[n] as number
    self.set(id, (self.get(id) ?? 0) + (timeDeltas[n] ?? 0))
  }
  const nameOf = (id: number) => {
    const { functionName, url, lineNumber } = byId.get(id)?.callFrame ?? { functionName: '', url: '', lineNumber: 0 }
    return {
      file: shorten(url),
      name: `${functionName || '(anonymous)'} ${shorten(url)}:${lineNumber + 1}`,
      bare: functionName,
    }
  }
  const files = new Map<string, number>()
  const functions = new Map<string, number>()
  const inclusive = new Map<string, number>()
  let busy = 0
  for (const [id, time] of self) {
    const { file, name, bare } = nameOf(id)
    if (bare === '(idle)' || bare === '(program)') continue
    busy += time
    add(files, file === '' ? bare || '(native)' : file, time)
    add(functions, name, time)
    // Once a stack, however often a function is on it.
    const seen = new Set<string>()
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) seen.add(nameOf(at).name)
    for (const each of seen) add(inclusive, each, time)
  }
  const show = (title: string, table: Map<string, number>, only?: RegExp) => {
    console.log(`\n${title}`)
    const rows = [...table].filter(([name]) => only === undefined || only.test(name)).sort((a, b) => b[1] - a[1])
    for (const [name, time] of rows.slice(0, ROWS))
      console.log(`${((100 * time) / busy).toFixed(1).padStart(6)} %  ${name}`)
  }
  console.log(`busy: ${(busy / 1000).toFixed(0)} ms`)
  show('by file (self)', files)
  show('by function (self)', functions)
  show('by function, with what it calls (ours and what we use)', inclusive, /lib\/|node_modules|_http|net:|stream/)
}

function add(table: Map<string, number>, key: string, time: number): void {
  table.set(key, (table.get(key) ?? 0) + time)
}

function shorten(url: string): string {
  return url.replace(/^file:\/\/.*?\/(?=(lib|bench|node_modules)\/)/, '').replace(/^.*node_modules\//, 'node_modules/')
}
