import assert from 'node:assert/strict'
import OpenAI from 'openai'
import { cleanup, gateway } from '../helpers/gateway.ts'
import { scripted } from '../helpers/upstream.ts'
import { claudeProofs, converseProofs, geminiProofs, type Proof } from './proofs.ts'
import { SYSTEMS } from './systems/index.ts'
import { type Answer, reply, type System } from './systems/system.ts'

type Messages = OpenAI.Chat.ChatCompletionMessageParam[]

interface Signer {
  /** Reads the proofs of a native request. */
  proofs(body: string): Proof[]
  /** Whether the reasoning goes back too, before its call. */
  reasoning: boolean
  /** Systems with the same models: its signatures go there too. */
  kin: string[]
  /** A form that its ids have. */
  id: string
}

const CLAUDES = ['anthropic', 'bedrock', 'bedrock invoke']

/** The systems that sign what their models think. Source for Claude's kin: platform.claude.com, extended thinking. */
const SIGNERS: Readonly<Record<string, Signer>> = {
  anthropic: { proofs: claudeProofs, reasoning: true, kin: CLAUDES, id: 'toolu_01XFDUDYJgAACzvnptvVoYEL' },
  bedrock: { proofs: converseProofs, reasoning: true, kin: CLAUDES, id: 'tooluse_kZJMlvQmRJ6eAyJE5GIl7Q' },
  'bedrock invoke': { proofs: claudeProofs, reasoning: true, kin: CLAUDES, id: 'toolu_bdrk_01Lwi9yTJbGMRvYbPjTsTnYk' },
  google: { proofs: geminiProofs, reasoning: false, kin: ['google'], id: 'call.of:google' },
  'vertex-ai': { proofs: geminiProofs, reasoning: false, kin: ['vertex-ai'], id: 'none' },
}

/** As long as real ones, with all that base64 can hold. */
const signature = (seed: number) =>
  Buffer.from(Array.from({ length: 700 }, (_, at) => (at * seed) % 251)).toString('base64')

/** What Gemini takes for calls that it did not make. */
const SKIP = 'skip_thought_signature_validator'

const TOOLS: OpenAI.Chat.ChatCompletionTool[] = ['find_city', 'get_weather'].map((name) => ({
  type: 'function',
  function: { name, description: 'Does it', parameters: { type: 'object', properties: { of: { type: 'string' } } } },
}))

/** Think, call, think, call, answer. */
function answers(id: string): [Answer, Answer, Answer] {
  return [
    {
      reasoning: 'First the city, then “its” weather.',
      signature: signature(7),
      calls: [
        { id: `${id}1`, name: 'find_city', arguments: { of: 'Ada' } },
        { id: `${id}2`, name: 'find_city', arguments: { of: 'Alan' } },
      ],
    },
    {
      reasoning: 'Now the weather.',
      signature: signature(11),
      text: ['She lives ', 'in London.'],
      calls: [{ id: `${id}3`, name: 'get_weather', arguments: { of: 'London' } }],
    },
    { text: ['It rains.'] },
  ]
}

function proofsOf(signer: Signer, ...answers: Answer[]): Proof[] {
  return answers.flatMap(({ reasoning = '', signature = '', text = [], calls = [] }) =>
    calls.slice(0, 1).map(({ name }) => ({
      call: name,
      signature,
      ...(signer.reasoning && { reasoning, text: text.join('') }),
    })),
  )
}

/** What clients do to ids, in calls and results alike. */
const MANGLERS: Readonly<Record<string, (id: string, index: number) => string>> = {
  'cuts ids to 40 characters': (id) => id.slice(0, 40),
  'cuts ids to 64 characters': (id) => id.slice(0, 64),
  'cuts the last character of ids off': (id) => id.slice(0, -1),
  'replaces what is no letter or digit in ids': (id) => id.replace(/[^A-Za-z0-9]/g, '_'),
  'writes ids in capitals': (id) => id.toUpperCase(),
  'makes ids of its own': (_, index) => `call_${index}`,
}

describe('signatures of reasoning, through an unmodified openai SDK', () => {
  const opened = cleanup()

  async function serve(system: System, ...answers: Answer[]) {
    const up = await opened(scripted(...answers.map((answer) => reply(system, answer))))
    const gate = await opened(gateway({ ...system.target(up.url), api_key: 'sk-test' }))
    return { up, client: new OpenAI({ apiKey: 'sk-client', baseURL: `${gate.url}/v1`, maxRetries: 0 }) }
  }

  /** Asks once; answers the messages, with the model's answer and results for its calls. */
  async function ask(client: OpenAI, { model }: System, messages: Messages, stream: boolean): Promise<Messages> {
    const body = { model, messages, tools: TOOLS, reasoning_effort: 'high' as const }
    const { choices } = stream
      ? await client.chat.completions.stream(body).finalChatCompletion()
      : await client.chat.completions.create(body)
    const message = choices[0]?.message ?? assert.fail()
    const results = (message.tool_calls ?? []).map(({ id }, index) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: `result ${index}`,
    }))
    return [...messages, message, ...results]
  }

  const QUESTION: Messages = [{ role: 'user', content: 'How is the weather where Ada lives?' }]
  const system = (name: string) => SYSTEMS[name] ?? assert.fail(name)

  for (const [name, signer] of Object.entries(SIGNERS)) {
    const [first, second, third] = answers(signer.id)

    for (const stream of [true, false]) {
      it(`come back to ${name} verbatim, over three turns (stream: ${stream})`, async () => {
        const { up, client } = await serve(system(name), first, second, third)
        let messages = QUESTION
        for (const [turn, expected] of [[], [first], [first, second]].entries()) {
          messages = await ask(client, system(name), messages, stream)
          const { url, body } = await up.request(turn)
          assert.deepEqual(signer.proofs(body), proofsOf(signer, ...expected))
          assert.equal(system(name).hear({ url, body }).turns.length, 1 + 2 * turn)
          assert(!body.includes('~sg1.'))
        }
        assert.equal(messages.at(-1)?.content, 'It rains.')
      })
    }

    for (const other of Object.keys(SYSTEMS).filter((each) => each !== name)) {
      const goes = signer.kin.includes(other)
      it(`of ${name} ${goes ? 'go' : 'do not go'} along when ${other} takes over`, async () => {
        const [first] = answers(signer.id.padEnd(66, '9'))
        const origin = await serve(system(name), first)
        const messages = await ask(origin.client, system(name), QUESTION, true)
        const { up, client } = await serve(system(other), third)
        await ask(client, system(other), messages, true)

        const request = await up.request(0)
        // Reading it also checks the form of the ids, and that each result has its call.
        const { turns } = system(other).hear(request)
        const called = (first.calls ?? []).map(({ name, arguments: args }) => ({ name, arguments: args }))
        const results = called.map((call, index) => ({ ...call, result: `result ${index}` }))
        assert.deepEqual(turns.slice(2), [{ results }])
        assert(!/~sg1\.|"state"/.test(request.body))
        assert.equal(request.body.includes(signature(7)), goes)
        if (goes) {
          const { proofs } = SIGNERS[other] ?? assert.fail()
          assert.deepEqual(proofs(request.body), proofsOf(signer, first))
        }
      })
    }

    for (const [about, mangle] of Object.entries(MANGLERS)) {
      it(`of ${name} do no harm where a client ${about}`, async () => {
        const { up, client } = await serve(system(name), first, third)
        const messages = await ask(client, system(name), QUESTION, true)
        const ids = messages.flatMap((message) => (message.role === 'tool' ? message.tool_call_id : []))
        const mangled = (id: string) => mangle(id, ids.indexOf(id))
        const sent = messages.map((message) => {
          if (message.role === 'tool') return { ...message, tool_call_id: mangled(message.tool_call_id) }
          if (message.role !== 'assistant' || !message.tool_calls) return message
          return { ...message, tool_calls: message.tool_calls.map((call) => ({ ...call, id: mangled(call.id) })) }
        })
        assert.equal((await ask(client, system(name), sent, true)).at(-1)?.content, 'It rains.')

        const request = await up.request(1)
        assert.equal(system(name).hear(request).turns.length, 3)
        const proofs = signer.proofs(request.body).filter(({ signature }) => signature !== SKIP)
        assert.deepEqual(proofs, [], 'what cannot be read must not go back')
        // A budget for thinking demands that the open turn begins with thinking.
        assert(!request.body.includes('"budget_tokens"'))
      })
    }
  }
})
