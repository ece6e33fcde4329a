import assert from 'node:assert/strict'
import type { ResolvedTarget } from '../../../lib/config.ts'
import { attributionHeaders } from '../../../lib/middleware/client/attribution-headers.ts'
import type { AttemptStart } from '../../../lib/options.ts'

const headersFor = (model: string, path = '', portkey = true) =>
  attributionHeaders({
    target: { path } as ResolvedTarget,
    start: { provider: 'openai', model, target: 't' } as AttemptStart,
    attempts: 3,
    retries: 1,
    portkey,
  })

describe('attribution headers', () => {
  it('say where in the config the target stands', () => {
    assert.equal(headersFor('m')['x-portkey-last-used-option-index'], 'config')
    assert.equal(
      headersFor('m', 'targets[1].targets[0]')['x-portkey-last-used-option-index'],
      'config.targets[1].targets[0]',
    )
  })

  it('have those of Portkey only for its clients', () => {
    assert.deepEqual(
      Object.keys(headersFor('m', '', false)).filter((name) => !name.startsWith('x-streamgate-')),
      [],
    )
  })

  const models: [model: string, header: string][] = [
    ['gpt-5', 'gpt-5'],
    ['a b/c:d', 'a b/c:d'],
    ['a\r\nset-cookie: x', 'a%0D%0Aset-cookie%3A%20x'],
    [' a', '%20a'],
    ['größe', 'gr%C3%B6%C3%9Fe'],
    ['\ud800', '%EF%BF%BD'],
    ['', ''],
    ['x'.repeat(300), 'x'.repeat(256)],
    [`${'x'.repeat(255)}😀`, `${'x'.repeat(255)}%EF%BF%BD`],
  ]
  for (const [model, header] of models) {
    it(`give the model ${JSON.stringify(model.slice(0, 20))} as it can stand in a header`, () => {
      assert.equal(headersFor(model)['x-streamgate-model'], header)
    })
  }
})
