import assert from 'node:assert/strict'
import OpenAI from 'openai'
import { cleanup, gateway } from '../helpers/gateway.ts'
import { scripted } from '../helpers/upstream.ts'
import { CONVERSATIONS, type Conversation, heardOf, messagesOf, params, said } from './conversations.ts'
import { SYSTEMS } from './systems/index.ts'
import { type Answer, reply, type System, TOKENS } from './systems/system.ts'

type Params = Omit<OpenAI.Chat.ChatCompletionCreateParams, 'stream'>

/** How an answer must end at the client, wherever it came from. */
function ending({ text = [], calls = [], end }: Answer) {
  const finish = calls.length > 0 ? 'tool_calls' : 'stop'
  return {
    text: text.join(''),
    calls: calls.map(({ name, arguments: args }) => ({ name, arguments: args })),
    finish: end === 'length' ? 'length' : finish,
    tokens: [TOKENS.input, TOKENS.output, TOKENS.input + TOKENS.output],
  }
}

function called(call: OpenAI.Chat.ChatCompletionMessageToolCall) {
  assert.equal(call.type, 'function')
  return { name: call.function.name, arguments: JSON.parse(call.function.arguments) }
}

/** Asks once; answers what the SDK made of it. */
async function ask({ chat: { completions } }: OpenAI, stream: boolean, body: Params) {
  const { choices, usage } = stream
    ? await completions.stream({ ...body, stream_options: { include_usage: true } }).finalChatCompletion()
    : await completions.create({ ...body, stream: false })
  const { message, finish_reason: finish } = choices[0] ?? assert.fail()
  const calls = message.tool_calls ?? []
  const told = {
    text: message.content ?? '',
    calls: calls.map(called),
    finish,
    tokens: [usage?.prompt_tokens, usage?.completion_tokens, usage?.total_tokens],
  }
  // A field that the SDK does not know, and puts together from a stream all the same.
  const reasoning = 'reasoning_content' in message ? message.reasoning_content : ''
  return { message, ids: calls.map(({ id }) => id), told, reasoning }
}

describe('the same conversations over all systems, through the official openai SDK', () => {
  const opened = cleanup()

  async function serve(system: System, answers: Answer[]) {
    const up = await opened(scripted(...answers.map((answer) => reply(system, answer))))
    const gate = await opened(gateway({ ...system.target(up.url), api_key: 'sk-test' }))
    return { up, client: new OpenAI({ apiKey: 'sk-client', baseURL: `${gate.url}/v1`, maxRetries: 0 }) }
  }

  async function converse(system: System, model: string, conversation: Conversation, stream: boolean) {
    const { steps } = conversation
    const { up, client } = await serve(
      system,
      steps.map(({ answer }) => answer),
    )
    const messages: Params['messages'] = []
    if (conversation.system) messages.push({ role: 'system', content: conversation.system })
    let open: string[] = []
    for (const step of steps) {
      const { answer } = step
      messages.push(...said(step, open))
      const got = await ask(client, stream, { model, messages, ...params(conversation) })
      assert.deepEqual(got.told, ending(answer))
      assert.equal(got.reasoning, system.thoughts === 'told' ? (answer.reasoning ?? '') : '')
      if (system.callIds) {
        const ids = (answer.calls ?? []).map(({ id }) => id)
        assert.deepEqual(got.ids, ids)
      }
      messages.push(got.message)
      open = got.ids
    }

    assert.equal(up.requests.length, steps.length)
    assert.deepEqual(system.hear(await up.request(steps.length - 1)), {
      model,
      ...heardOf(conversation),
      ...(system.thoughts === 'none' && { thinks: false }),
    })
  }

  async function refuse(system: System, model: string, conversation: Conversation, message: RegExp) {
    const { up, client } = await serve(system, [{ text: ['Nobody asked me.'] }])
    await assert.rejects(
      ask(client, true, { model, messages: messagesOf(conversation), ...params(conversation) }),
      (error) => error instanceof OpenAI.BadRequestError && message.test(error.message),
    )
    assert.equal(up.requests.length, 0)
  }

  for (const [name, system] of Object.entries(SYSTEMS)) {
    for (const [about, conversation] of Object.entries(CONVERSATIONS)) {
      const model = system.models?.[about] ?? system.model
      const refusal = system.refuses?.[about]
      if (refusal) {
        it(`${name}: ${about}, refused`, () => refuse(system, model, conversation, refusal))
      } else {
        it(`${name}: ${about}`, () => converse(system, model, conversation, true))
        it(`${name}: ${about}, not streamed`, () => converse(system, model, conversation, false))
      }
    }
  }
})
