import assert from 'node:assert/strict'
import fc from 'fast-check'
import { UpstreamError } from '../../lib/errors.ts'
import { asked, decode, decodeText, ENDPOINT, failure, type Json, words } from '../helpers/gemini-stream.ts'

describe('Gemini: a stream that breaks', () => {
  const error = (fields: Json) => ({ error: { message: 'm', ...fields } })
  const errors: [name: string, frame: unknown, status: number][] = [
    ['by its code', error({ code: 503, status: 'UNAVAILABLE' }), 503],
    ['by the least of its codes', error({ code: 400 }), 400],
    ['by its status, if the code is null', error({ code: null, status: 'RESOURCE_EXHAUSTED' }), 429],
    ['by its status, if the code is none of HTTP', error({ code: 14, status: 'UNAVAILABLE' }), 503],
    ['in an array', [error({ code: 499, status: 'CANCELLED' })], 499],
    ['as 500, if neither is known', error({ status: 'constructor' }), 500],
    ['of words only', { error: 'm' }, 500],
  ]
  for (const [name, frame, status] of errors) {
    it(`S7, S8: raises an error told ${name}`, () => {
      assert.throws(() => decode([frame]), failure('in-band', status))
      assert.throws(() => decode([words('a', { finishReason: 'STOP' }), frame]), failure('in-band', status))
      assert.throws(() => decode([frame]), /^UpstreamError: m$/)
    })
  }

  const statuses: [status: string, http: number][] = [
    ['INVALID_ARGUMENT', 400],
    ['FAILED_PRECONDITION', 400],
    ['OUT_OF_RANGE', 400],
    ['UNAUTHENTICATED', 401],
    ['PERMISSION_DENIED', 403],
    ['NOT_FOUND', 404],
    ['ABORTED', 409],
    ['ALREADY_EXISTS', 409],
    ['RESOURCE_EXHAUSTED', 429],
    ['CANCELLED', 499],
    ['UNIMPLEMENTED', 501],
    ['UNAVAILABLE', 503],
    ['DEADLINE_EXCEEDED', 504],
    ['INTERNAL', 500],
    ['UNKNOWN', 500],
    ['DATA_LOSS', 500],
  ]
  for (const [status, http] of statuses) {
    it(`takes ${status} for ${http}`, () => {
      assert.throws(() => decode([error({ status })]), failure('in-band', http))
      assert.throws(() => decode([error({ status, code: '418' })]), failure('in-band', http))
    })
  }

  it('raises what is not JSON', () => {
    for (const data of ['', '{', '[DONE', '<html>']) assert.throws(() => decodeText([data]), failure('malformed', 502))
  })

  it('raises nothing else, whatever the types of its values are', () => {
    const keys = [
      ...[
        'candidates',
        'content',
        'parts',
        'text',
        'thought',
        'functionCall',
        'name',
        'args',
        'id',
        'partialArgs',
        'jsonPath',
      ],
      ...[
        'willContinue',
        'inlineData',
        'data',
        'mimeType',
        'finishReason',
        'index',
        'usageMetadata',
        'promptTokenCount',
      ],
      ...['promptFeedback', 'blockReason', 'logprobsResult', 'chosenCandidates', 'topCandidates', 'groundingMetadata'],
      ...[
        'groundingChunks',
        'groundingSupports',
        'segment',
        'groundingChunkIndices',
        'web',
        'uri',
        'responseId',
        'error',
      ],
    ]
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom(null, true, 0, -1, 1.5, 'a', 'STOP', 'SAFETY', '$.a[0]'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('tree'), { maxKeys: 5 }),
      ),
    }))
    const frame = fc.oneof(
      tree,
      fc.record({
        candidates: fc.array(fc.record({ content: fc.record({ parts: fc.array(tree) }), groundingMetadata: tree })),
      }),
    )
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 3 }), (frames) => {
        try {
          decode(frames, asked(), { ...ENDPOINT, strict: false })
        } catch (thrown) {
          assert.ok(thrown instanceof UpstreamError, String(thrown))
        }
      }),
      { numRuns: 2000 },
    )
  })
})
