import assert from 'node:assert/strict'
import { heldArguments, type NodeStart } from '../../lib/cli/young-generation.ts'
import { cleanUp, file, standalone } from '../examples/process.ts'

/** Nobody is asked. */
const config = () => file({ provider: 'openai', api_key: 'k' })
const HELD = '--max-semi-space-size=16'

describe("the program's young generation", function () {
  this.timeout(60_000)
  afterEach(cleanUp)

  /** Prints at each start of Node what it was started with. */
  const telling = `data:text/javascript,${encodeURIComponent("console.log(JSON.stringify({ msg: 'node', pid: process.pid, args: process.execArgv }))")}`
  const node = ['--import', telling]

  it('is held from a second start on, in the same process, and in workers from the first', async function () {
    if (process.platform === 'win32') this.skip()
    const { log, child } = await standalone(['--config', config(), '--workers', '2'], { node })
    const starts = log().filter(({ msg }) => msg === 'node')
    const of = (...args: string[]) => [...node, ...args]
    const argsOf = (own: boolean) => starts.filter(({ pid }) => (pid === child.pid) === own).map(({ args }) => args)
    assert.deepEqual(argsOf(true), [of(), of(HELD)])
    assert.deepEqual(argsOf(false), [of(HELD), of(HELD)])
    assert.equal(log().find(({ msg }) => msg === 'listening')?.pid, child.pid)
  })

  it('is as NODE_OPTIONS have it', async () => {
    const { log } = await standalone(['--config', config()], {
      node,
      env: { NODE_OPTIONS: '--max-semi-space-size=32' },
    })
    const starts = log().filter(({ msg }) => msg === 'node')
    assert.deepEqual(
      starts.map(({ args }) => args),
      [node],
    )
  })

  const alone: NodeStart = { execArgv: [], nodeOptions: undefined, channel: false }
  const left: [why: string, start: Partial<NodeStart>][] = [
    ['a size was given to Node', { execArgv: ['--max-semi-space-size=64'] }],
    ['it is spelt otherwise', { execArgv: ['--max_semi_space_size=64'] }],
    ['a least size was given', { execArgv: ['--min-semi-space-size=64'] }],
    ['there is a channel to lose', { channel: true }],
  ]
  for (const [why, start] of left) {
    it(`is left alone where ${why}`, () => assert.equal(heldArguments({ ...alone, ...start }), undefined))
  }

  it('is held beside what else Node was started with', () => {
    assert.deepEqual(heldArguments({ ...alone, execArgv: ['--enable-source-maps'], nodeOptions: '--no-warnings' }), [
      '--enable-source-maps',
      HELD,
    ])
  })
})
