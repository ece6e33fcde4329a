import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import type { ChatRequest, ChunkInit, Endpoint, Provider } from '../../lib/provider.ts'
import { providers } from '../../lib/providers/index.ts'
import { noMedia } from '../helpers/endpoint.ts'
import { chunk } from '../helpers/openai-family.ts'

const REQUEST: ChatRequest = { model: 'some-model', messages: [{ role: 'user', content: 'Hi' }] }
const WORDS = 'The server gave up'

/** Errors as servers behind a provider's dialect, and relays in front of one, put them. */
const FORMS: readonly unknown[] = [
  { error: WORDS },
  { error: { message: WORDS, type: 'server_error', code: 500 } },
  { error: { error: { message: WORDS } } },
  { object: 'error', message: WORDS, type: 'InternalServerError', code: 500 },
  { type: 'error', error: { type: 'api_error', message: WORDS } },
  { detail: WORDS },
  { detail: [{ loc: ['body', 'model'], msg: WORDS, type: 'value_error' }] },
  { message: WORDS },
  { code: 500, message: WORDS },
  { status: 'error', msg: WORDS },
  { error_message: WORDS },
  { errors: [{ message: WORDS }] },
  { errors: [WORDS] },
  [{ error: { message: WORDS } }],
]

const ENDPOINT: Endpoint = {
  apiKey: 'key',
  customHost: undefined,
  fields: { aws_region: 'us-east-1', vertex_project_id: 'p', deployment_id: 'd' },
  strict: true,
  fetchMedia: noMedia,
}

function decoded(provider: Provider, ...data: string[]): ChunkInit[] {
  const { decode } = provider.decoder(REQUEST, ENDPOINT)
  return data.flatMap((text) => [...decode({ event: undefined, data: text })])
}

for (const [name, provider] of Object.entries(providers)) {
  describe(`errors in forms of others: ${name}`, () => {
    for (const form of FORMS) {
      const body = JSON.stringify(form)

      it(`reads ${body} with a status`, () => {
        const { message, status } = provider.error(500, body)
        assert.equal(message.replace('model: ', ''), WORDS)
        assert.ok(status >= 500)
      })

      it(`raises ${body} in place of an event`, () => {
        assert.throws(
          () => decoded(provider, body),
          (error) =>
            error instanceof UpstreamError &&
            error.kind === 'in-band' &&
            error.message.replace('model: ', '') === WORDS,
        )
      })
    }

    // Bedrock's events have their names in their frames.
    if (name === 'bedrock') return
    it('takes no event of an unknown type for an error', () => {
      assert.doesNotThrow(() => decoded(provider, JSON.stringify({ id: 'x', type: 'news', message: 'Hi' })))
    })
  })
}

describe('the mark [DONE]', () => {
  const behindAll = Object.entries(providers).filter(([name]) => name !== 'bedrock')
  for (const [name, provider] of behindAll) {
    it(`is no broken event in any spelling: ${name}`, () => {
      for (const mark of ['[DONE]', ' [DONE] ', '[done]', '"[DONE]"']) {
        assert.doesNotThrow(() => decoded(provider, mark), mark)
        assert.equal(
          decoded(provider, mark).some(({ content }) => content),
          false,
        )
      }
    })
  }

  it('is not in a text that has it', () => {
    const pieces = decoded(providers.openai ?? assert.fail(), JSON.stringify(chunk({ content: '[DONE]' })))
    assert.deepEqual(
      pieces.map(({ content, end }) => [content, end]),
      [['[DONE]', undefined]],
    )
  })
})

describe('an error within a choice', () => {
  for (const error of [WORDS, { message: WORDS }, { code: 500 }, true]) {
    for (const delta of [{ delta: { error } }, { delta: {}, error }, { message: { error } }]) {
      it(`${JSON.stringify(delta)} beside "stop" is one`, () => {
        const frame = { id: 'c', choices: [{ index: 0, finish_reason: 'stop', ...delta }] }
        assert.throws(() => decoded(providers.openai ?? assert.fail(), JSON.stringify(frame)), { kind: 'in-band' })
      })
    }
  }

  for (const error of [null, {}, '', false]) {
    it(`${JSON.stringify(error)} is none`, () => {
      const frame = { id: 'c', error, choices: [{ index: 0, delta: { content: 'ok', error }, error }] }
      const pieces = decoded(providers.openai ?? assert.fail(), JSON.stringify(frame))
      assert.equal(pieces[0]?.content, 'ok')
    })
  }
})
