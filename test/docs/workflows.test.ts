import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

// mocha reads its own YAML with it.
const yaml: { load(text: string): unknown } = createRequire(createRequire(import.meta.url).resolve('mocha'))('js-yaml')

interface Job {
  steps: { run?: string; uses?: string }[]
  'timeout-minutes'?: number
  strategy?: { matrix: { node?: number[] } }
}

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const { scripts, engines } = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>
  engines: { node: string }
}
const files = globSync('.github/**/*.yml', { cwd: root })
const workflows = files.filter((file) => file.includes('workflows'))

describe('.github', () => {
  for (const file of files) {
    it(`${file} is YAML`, () => {
      assert.equal(typeof yaml.load(read(file)), 'object')
    })
  }

  for (const file of workflows) {
    const { jobs } = yaml.load(read(file)) as { jobs: Record<string, Job> }
    it(`${file} runs what is there, and for no longer than it says`, () => {
      for (const { steps, 'timeout-minutes': minutes } of Object.values(jobs)) {
        assert.equal(typeof minutes, 'number')
        const commands = steps.map(({ run = '' }) => run).join('\n')
        for (const [, name = ''] of commands.matchAll(/npm run ([\w:]+)/g)) assert.ok(name in scripts, name)
        for (const [, path = ''] of commands.matchAll(/node ([\w/.-]+)/g))
          assert.ok(existsSync(new URL(path, root)), path)
      }
    })
  }

  it('tries every major version of Node that package.json promises', () => {
    const { jobs } = yaml.load(read('.github/workflows/ci.yml')) as { jobs: Record<string, Job> }
    const promised = [...engines.node.matchAll(/(?:\^|>=)(\d+)/g)].map(([, major]) => Number(major))
    for (const name of ['unit', 'gateway']) assert.deepEqual(jobs[name]?.strategy?.matrix.node, promised, name)
    assert.ok(promised.includes(Number(read('.nvmrc'))))
  })
})
