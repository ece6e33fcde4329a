import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { cleanup, fallback, type Gateway, gateway, target } from '../helpers/gateway.ts'
import { answer, ROLE, type Scripted, scripted, text } from '../helpers/upstream.ts'
import { pages, type Snippet, snippetsOf } from './snippets.ts'

/** One that has the packages of docs/python.md. */
const PYTHON = process.env.DOCS_PYTHON ?? 'python3'

const snippets = pages()
  .flatMap(snippetsOf)
  .filter(({ language }) => language === 'python')

const libraryOf = ({ text }: Snippet) => /^(?:from|import) ([\w.]+)/m.exec(text)?.[1] ?? ''

const installed = new Map<string, boolean>()

function isInstalled(library: string): boolean {
  const known = installed.get(library) ?? spawnSync(PYTHON, ['-c', `import ${library}`], { env: ENV }).status === 0
  installed.set(library, known)
  return known
}

// LiteLLM would fetch its list of prices.
const ENV = { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: 'True' }

describe('the Python snippets of the documentation', function () {
  this.timeout(60_000)
  const opened = cleanup()

  /** The gateway's address, for a snippet that runs; what a snippet makes of this is what it prints. */
  async function run(snippet: Snippet, { url }: Gateway): Promise<string> {
    const program = snippet.text.replaceAll('localhost:8787', new URL(url).host)
    const { stdout } = await promisify(execFile)(PYTHON, ['-c', program], { env: ENV })
    return stdout
  }

  const healthy = () => scripted({ chunks: answer('Hello', ' there.') })
  const broken = () => scripted({ chunks: [ROLE, text('The first answer')], finish: 'cut' })

  for (const snippet of snippets) {
    const library = libraryOf(snippet)
    it(`print an answer: ${snippet.file}:${snippet.line}, ${library}`, async function () {
      if (!isInstalled(library)) this.skip()
      const gate = await opened(gateway(target((await opened(healthy())).url)))
      assert.equal(await run(snippet, gate), 'Hello there.\n')
    })
  }

  /** What the snippet with these words prints, where the first of two providers breaks off. */
  async function printedBehindABreak(words: string, test: Mocha.Context): Promise<string> {
    const snippet = snippets.find((each) => each.text.includes(words))
    assert.ok(snippet)
    if (!isInstalled(libraryOf(snippet))) test.skip()
    const providers: Scripted[] = [await opened(broken()), await opened(healthy())]
    const targets = providers.map(({ url }) => target(url))
    return run(snippet, await opened(gateway({ ...fallback(...targets), mid_stream: 'restart' })))
  }

  it('print the error of an answer that broke for good', async function () {
    const printed = await printedBehindABreak('except APIError', this)
    assert.equal(printed, 'The first answer\nupstream_stream_truncated\n')
  })

  it('print the second answer alone, where it starts over', async function () {
    assert.equal(await printedBehindABreak('getattr(chunk, "streamgate"', this), 'Hello there.\n')
  })
})
