import assert from 'node:assert/strict'
import { nothingAt } from '../../lib/middleware/nothing-there.ts'

describe('where nothing is served', () => {
  for (const [method, path, hint] of [
    ['GET', '/v1/chat/completions', 'Use POST.'],
    ['GET', '/v1/chat/completions?x=1', 'Use POST.'],
    ['PUT', '/v1/messages', 'Use POST.'],
    ['POST', '/v1/models', 'Use GET.'],
    ['POST', '/chat/completions', 'Did you mean POST /v1/chat/completions?'],
    ['GET', '/models', 'Did you mean GET /v1/models?'],
    ['POST', '/v1/v1/chat/completions', 'Did you mean POST /v1/chat/completions?'],
    ['POST', '/openai/v1/responses', 'Did you mean POST /v1/responses?'],
    ['POST', '/api/v1/embeddings', 'Did you mean POST /v1/embeddings?'],
    ['POST', '/v1/chat/completion', 'Did you mean POST /v1/chat/completions?'],
    ['POST', '/v1/chat', 'Did you mean POST /v1/chat/completions?'],
    ['POST', '/response', 'Did you mean POST /v1/responses?'],
    ['GET', '/v1/model', 'Did you mean GET /v1/models?'],
    ['POST', '/v1/messages/count-token', 'Did you mean POST /v1/messages/count_tokens?'],
    ['POST', '/v1/moderations', ''],
    ['POST', '/v1/threads/t/messages', ''],
    ['GET', '/favicon.ico', ''],
    ['GET', '/', ''],
  ] as const) {
    it(`${method} ${path}: ${hint || 'no hint'}`, () => {
      const [bare] = path.split('?')
      assert.equal(nothingAt(method, path, '/v1'), `There is nothing at ${method} ${bare}.${hint && ` ${hint}`}`)
    })
  }

  it('tells the method behind any mount', () => {
    assert.equal(nothingAt('GET', '/chat/completions'), 'There is nothing at GET /chat/completions. Use POST.')
  })
})
