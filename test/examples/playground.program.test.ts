import assert from 'node:assert/strict'
import { cleanUp, file, standalone } from './process.ts'

const TARGET = { provider: 'openai', api_key: 'sk-secret', custom_host: 'http://127.0.0.1:1/v1' }

async function page(args: readonly string[]): Promise<{ status: number; html: string }> {
  const { url } = await standalone(args)
  const response = await fetch(`${url.replace('0.0.0.0', '127.0.0.1')}/`)
  return { status: response.status, html: await response.text() }
}

describe("the standalone proxy's playground", function () {
  this.timeout(20_000)
  afterEach(cleanUp)

  it('is there where only this machine reaches it, and the program says so', async () => {
    const program = await standalone()
    await program.printed(/Open http:\/\/127\.0\.0\.1:\d+\/ in a browser/)
    const html = await (await fetch(`${program.url}/`)).text()
    assert.match(html, /"mode":"offline"/)
  })

  it('runs the targets of a config', async () => {
    const { html } = await page(['--config', file({ targets: [{ ...TARGET, name: 'mine' }] })])
    assert.match(html, /"targets":\[\{"name":"mine","provider":"openai"\}\]/)
    assert.doesNotMatch(html, /sk-secret/)
  })

  for (const [args, status] of [
    [['--no-playground'], 404],
    [['--host', '0.0.0.0'], 404],
    [['--host', '0.0.0.0', '--playground'], 200],
  ] as const) {
    it(`answers ${status} with ${args.join(' ')}`, async () => {
      assert.equal((await page(args)).status, status)
    })
  }

  it('keeps no server from ending', async () => {
    const program = await standalone()
    const listening = await fetch(`${program.url}/playground/events?id=a-run-that-never-begins`)
    program.child.kill('SIGTERM')
    await listening.text()
    assert.equal(await program.exited, 0)
  })
})
