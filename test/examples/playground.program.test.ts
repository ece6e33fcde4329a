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

  it('is there where only this machine reaches it, as the program says, and keeps no server from ending', async () => {
    const program = await standalone()
    await program.printed(/Open http:\/\/127\.0\.0\.1:\d+\/ in a browser/)
    const html = await (await fetch(`${program.url}/`)).text()
    assert.match(html, /"mode":"offline"/)

    const listening = await fetch(`${program.url}/playground/events?id=a-run-that-never-begins`)
    program.child.kill('SIGTERM')
    await listening.text()
    assert.equal(await program.exited, 0)
  })

  it('runs the targets of a config, and is there for others if it is asked for', async () => {
    const config = file({ targets: [{ ...TARGET, name: 'mine' }] })
    const { status, html } = await page(['--config', config, '--host', '0.0.0.0', '--playground'])
    assert.equal(status, 200)
    assert.match(html, /"targets":\[\{"name":"mine","provider":"openai"\}\]/)
    assert.doesNotMatch(html, /sk-secret/)
  })

  // When else it is left out is told from the arguments: test/cli/parts.test.ts.
  it('is not there if it is not to be', async () => {
    assert.equal((await page(['--no-playground'])).status, 404)
  })
})
