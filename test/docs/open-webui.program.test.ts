import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cleanup, gateway } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'
import { snippetsOf } from './snippets.ts'

const { DOCS_AGENTS = '' } = process.env
const program = DOCS_AGENTS.split(delimiter)
  .map((folder) => join(folder, 'open-webui'))
  .find((path) => DOCS_AGENTS !== '' && existsSync(path))

describe('Open WebUI', function () {
  this.timeout(240_000)
  const opened = cleanup()
  const data = mkdtempSync(join(tmpdir(), 'streamgate-webui-'))
  let child: ChildProcess | undefined
  after(async () => {
    if (child?.kill()) await once(child, 'close')
    rmSync(data, { recursive: true, force: true })
  })

  it('lists the models of the page’s config, and chats', async function () {
    if (program === undefined) this.skip()
    const provider = await opened(scripted({ chunks: answer('Hello from', ' the gateway.') }))
    const [config] = snippetsOf('docs/open-webui.md').filter(({ language }) => language === 'json')
    const { targets, ...rest } = JSON.parse(config?.text ?? '{}') as { targets: object[] }
    const here = targets.map((each) => ({ ...each, api_key: 'sk-test', custom_host: provider.url }))
    const gate = await opened(gateway({ ...rest, targets: here }))
    const url = await start(program, gate.url)

    const signedIn = await post(`${url}/api/v1/auths/signin`, { email: '', password: '' })
    const { token } = (await signedIn.json()) as { token: string }
    const headers = { authorization: `Bearer ${token}` }
    const listed = await fetch(`${url}/api/models`, { headers })
    const { data: found } = (await listed.json()) as { data: { id: string }[] }
    assert.deepEqual(
      found.map(({ id }) => id),
      ['fast', 'best'],
    )

    const messages = [{ role: 'user', content: 'Say hello' }]
    const chatted = await post(`${url}/api/chat/completions`, { model: 'fast', stream: true, messages }, headers)
    assert.match(await chatted.text(), /"Hello from"[\s\S]*" the gateway\."[\s\S]*"stop"[\s\S]*\[DONE\]/)
    assert.equal(gate.outcomes[0]?.model, 'gpt-5.4-mini')
  })

  /** Starts it on a free port, without users and without a look outside. Answers its URL, once it is healthy. */
  async function start(path: string, gate: string): Promise<string> {
    const port = await freePort()
    child = spawn(path, ['serve', '--host', '127.0.0.1', '--port', String(port)], {
      cwd: data,
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        HOME: data,
        DATA_DIR: data,
        WEBUI_AUTH: 'false',
        WEBUI_SECRET_KEY: 'of-nobody',
        OFFLINE_MODE: 'true',
        HF_HUB_OFFLINE: '1',
        ENABLE_OLLAMA_API: 'false',
        RAG_EMBEDDING_ENGINE: 'openai',
        ANONYMIZED_TELEMETRY: 'false',
        OPENAI_API_BASE_URL: `${gate}/v1`,
        OPENAI_API_KEY: 'any',
      },
    })
    const url = `http://127.0.0.1:${port}`
    for (;;) {
      const healthy = await fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
      if (healthy) return url
      assert.equal(child.exitCode, null, 'it ended')
      await sleep(500)
    }
  }
})

function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
