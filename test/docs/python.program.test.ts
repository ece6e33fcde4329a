import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { delimiter } from 'node:path'
import { promisify } from 'node:util'
import { cleanup, fallback, type Gateway, gateway, target } from '../helpers/gateway.ts'
import { answer, ROLE, type Scripted, scripted, text } from '../helpers/upstream.ts'
import { pages, type Snippet, snippetsOf } from './snippets.ts'

/** Those that have the packages of docs/python.md, as in PATH; not all of them go into one. */
const PYTHONS = (process.env.DOCS_PYTHON ?? 'python3').split(delimiter)

const snippets = pages()
  .flatMap(snippetsOf)
  .filter(({ language }) => language === 'python')

const libraryOf = ({ text }: Snippet) => /^(?:from|import) ([\w.]+)/m.exec(text)?.[1] ?? ''

const pythons = new Map<string, string | undefined>()

/** One that has the library; undefined if none has. */
function pythonWith(library: string): string | undefined {
  if (!pythons.has(library)) {
    const has = (python: string) => spawnSync(python, ['-c', `import ${library}`], { env: ENV }).status === 0
    pythons.set(library, PYTHONS.find(has))
  }
  return pythons.get(library)
}

// LiteLLM would fetch its list of prices.
const ENV = { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: 'True' }

describe('the Python snippets of the documentation', function () {
  this.timeout(60_000)
  const opened = cleanup()

  /** What a snippet prints that asks the gateway. Skips the test if its library is nowhere. */
  async function run(snippet: Snippet, { url }: Gateway, test: Mocha.Context): Promise<string> {
    const python = pythonWith(libraryOf(snippet)) ?? test.skip()
    const program = snippet.text.replaceAll('localhost:8787', new URL(url).host)
    const { stdout } = await promisify(execFile)(python, ['-c', program], { env: ENV })
    return stdout
  }

  const healthy = () => scripted({ chunks: answer('Hello', ' there.') })
  const broken = () => scripted({ chunks: [ROLE, text('The first answer')], finish: 'cut' })

  for (const snippet of snippets) {
    it(`print an answer: ${snippet.file}:${snippet.line}, ${libraryOf(snippet)}`, async function () {
      const gate = await opened(gateway(target((await opened(healthy())).url, { openai_api: 'chat' })))
      assert.equal(await run(snippet, gate, this), 'Hello there.\n')
    })
  }

  /** What the snippet with these words prints, where the first of two providers breaks off. */
  async function printedBehindABreak(words: string, test: Mocha.Context): Promise<string> {
    const snippet = snippets.find((each) => each.text.includes(words))
    assert.ok(snippet)
    const providers: Scripted[] = [await opened(broken()), await opened(healthy())]
    const targets = providers.map(({ url }) => target(url))
    return run(snippet, await opened(gateway({ ...fallback(...targets), mid_stream: 'restart' })), test)
  }

  it('print the error of an answer that broke for good', async function () {
    const printed = await printedBehindABreak('except APIError', this)
    assert.equal(printed, 'The first answer\nupstream_stream_truncated\n')
  })

  it('print the second answer alone, where it starts over', async function () {
    assert.equal(await printedBehindABreak('getattr(chunk, "streamgate"', this), 'Hello there.\n')
  })
})
