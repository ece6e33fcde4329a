import assert from 'node:assert/strict'
import { cleanup } from '../helpers/gateway.ts'
import { scripted } from '../helpers/upstream.ts'
import { CONVERSATIONS, heardOf } from './conversations.ts'
import { SYSTEMS } from './systems/index.ts'
import { reply, TOKENS } from './systems/system.ts'
import { VENDORS } from './vendors/index.ts'

const CONVERSATION = CONVERSATIONS['one tool'] ?? assert.fail()
const [tool = assert.fail()] = CONVERSATION.tools ?? []
const [{ user = '', answer: call } = assert.fail()] = CONVERSATION.steps

/** Our doubles of the providers count for nothing unless the providers' own clients take them for real. */
describe("the providers' own SDKs, pointed at the doubles of our tests", () => {
  const opened = cleanup()

  for (const [name, system] of Object.entries(SYSTEMS)) {
    const { ask, finish } = VENDORS[name] ?? assert.fail(`no SDK for ${name}`)
    const [ofText, ofCall] = finish
    const question = { model: system.model, user, tool }
    const tokens = [TOKENS.input, TOKENS.output]

    it(`${name}: an answer in text`, async () => {
      const up = await opened(scripted(reply(system, { text: ['It is ', 'sunny – 21 °C ☀.'] })))
      const told = await ask(up.url, question)
      assert.deepEqual(told, { reasoning: '', text: 'It is sunny – 21 °C ☀.', calls: [], finish: ofText, tokens })
    })

    it(`${name}: an answer after reasoning`, async () => {
      const up = await opened(scripted(reply(system, { reasoning: 'So …', text: ['It is ', 'sunny.'] })))
      const reasoning = system.thoughts === 'told' ? 'So …' : ''
      const told = await ask(up.url, question)
      assert.deepEqual(told, { reasoning, text: 'It is sunny.', calls: [], finish: ofText, tokens })
    })

    it(`${name}: a tool call`, async () => {
      const up = await opened(scripted(reply(system, call)))
      const calls = [{ name: 'get_weather', arguments: { city: 'Paris' } }]
      const told = await ask(up.url, question)
      assert.deepEqual(told, { reasoning: '', text: '', calls, finish: ofCall, tokens })
    })

    it(`${name}: its request, read by our double`, async () => {
      const up = await opened(scripted(reply(system, call)))
      await ask(up.url, question)
      assert.deepEqual(system.hear(await up.request(0)), { model: system.model, ...heardOf(CONVERSATION) })
    })
  }
})
