import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { mistralAi } from '../../lib/providers/mistral-ai.ts'
import type { ChatRequest, Message } from '../../lib/types/chat.ts'
import { conversations } from '../helpers/conversations.ts'
import { endpoint } from '../helpers/openai-family.ts'

/** Mistral's own validator, `pip install mistral-common`, in this Python. */
const PYTHON = process.env.MISTRAL_COMMON_PYTHON ?? 'python3'
const SCRIPT = fileURLToPath(new URL('mistral-validator.py', import.meta.url))

const call = (id: string) => ({ id, type: 'function' as const, function: { name: 'f', arguments: '{}' } })
const user = (content = 'a'): Message => ({ role: 'user', content })
const said = (content: string): Message => ({ role: 'assistant', content })
const called = (...ids: string[]): Message => ({ role: 'assistant', content: 'b', tool_calls: ids.map(call) })
const result = (id: string): Message => ({ role: 'tool', tool_call_id: id, content: 'r' })
const system: Message = { role: 'developer', content: 'be brief' }

const CONVERSATIONS: [title: string, messages: Message[]][] = [
  ['only instructions', [system]],
  ['the assistant first', [said('hi'), user()]],
  ['a call first', [called('x'), result('x')]],
  ['a turn without words', [user(), said(''), user()]],
  ['an assistant at the end', [user(), said('The')]],
  ['instructions after the assistant', [user(), said('b'), system, user()]],
  ['instructions after a result', [user(), called('x'), result('x'), system]],
  ['a result without a call', [user(), result('y'), user()]],
  ['a call without a result, then the user', [user(), called('x'), user()]],
  ['two results, ids that repeat', [user(), called('x', 'x'), result('x'), user('c'), result('x'), result('x')]],
]

/** The model, and the versions of Mistral's tokenizer that its kind has had. */
const MODELS: [model: string, versions: string[]][] = [
  ['mistral-large-latest', ['v7', 'v11', 'v13', 'v15']],
  ['open-mistral-7b', ['v3', 'v7', 'v11']],
]

const encoded = (request: ChatRequest) => {
  const { body } = mistralAi.encode(request, endpoint()) as { body: string }
  return JSON.parse(body) as object
}

/** What the validator refuses in each of the requests. */
function refusals(versions: readonly string[], requests: readonly object[]): string[] {
  const input = requests.map((request) => `${JSON.stringify([versions, request])}\n`).join('')
  const { stdout, status, stderr } = spawnSync(PYTHON, [SCRIPT], { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  assert.equal(status, 0, stderr)
  return stdout.split('\n').slice(0, requests.length)
}

describe("Mistral's own validator", () => {
  before(function () {
    if (spawnSync(PYTHON, ['-c', 'import mistral_common']).status !== 0) this.skip()
  })

  for (const [model, versions] of MODELS) {
    it(`takes ten conversations, ${model}`, function () {
      this.timeout(60_000)
      const requests = CONVERSATIONS.map(([, messages]) => encoded({ model, messages }))
      const wrong = refusals(versions, requests)
      assert.deepEqual(
        CONVERSATIONS.map(([title], index) => [title, wrong[index]]),
        CONVERSATIONS.map(([title]) => [title, '']),
      )
    })

    it(`takes two thousand histories in any state, ${model}`, function () {
      this.timeout(300_000)
      const requests = fc
        .sample(conversations, { numRuns: 2000, seed: 41 })
        .filter(({ words }) => words.length > 0)
        .map(({ request }) => encoded({ ...request, model }))
      const wrong = refusals(versions, requests)
      const at = wrong.findIndex((each) => each !== '')
      assert.equal(wrong[at] ?? '', '', JSON.stringify(requests[at]))
    })
  }
})
