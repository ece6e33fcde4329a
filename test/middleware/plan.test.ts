import assert from 'node:assert/strict'
import type { Group, Route, Target } from '../../lib/config.ts'
import { apiError, streamFailure, UpstreamError } from '../../lib/errors.ts'
import { plan } from '../../lib/middleware/plan.ts'
import type { Provider } from '../../lib/types.ts'

const provider: Provider = {
  name: 'none',
  framing: () => 'sse',
  encode: () => ({ url: new URL('http://none.test'), headers: {}, body: '' }),
  decoder: () => () => [],
  error: apiError,
}

function target(name: string): Target {
  return {
    kind: 'target',
    name,
    provider,
    apiKey: undefined,
    customHost: undefined,
    fields: {},
    settings: {
      retry: { attempts: 0, onStatusCodes: [], useRetryAfterHeader: true, maxDelay: 0 },
      connectTimeout: 1,
      firstChunkTimeout: undefined,
      idleTimeout: undefined,
      requestTimeout: undefined,
      midStream: 'restart',
      toolCalls: 'whole',
      forwardHeaders: [],
      strict: true,
      overrideParams: {},
      metadata: {},
    },
  }
}

function group(mode: Group['mode'], routes: [Route, ...Route[]], onStatusCodes?: number[]): Group {
  return { kind: 'group', name: mode, mode, onStatusCodes, routes }
}
const [a, b, c, d] = [target('a'), target('b'), target('c'), target('d')]

const status = (code: number) => new UpstreamError('status', apiError(code, String(code)), { status: code })

/** Runs a plan to its end: the targets tried, and the failure it came to. `failures` by target; 500 for all others. */
function run(route: Route, failures: Record<string, UpstreamError> = {}): [tried: string, failure: UpstreamError] {
  const targets = plan(route)
  let tried = ''
  let next = targets.next()
  while (!next.done) {
    tried += next.value.name
    next = targets.next(failures[next.value.name] ?? status(500))
  }
  return [tried, next.value]
}

describe('plan', () => {
  it('tries one target once', () => {
    assert.equal(run(a)[0], 'a')
  })

  it('tries the first of a single group only', () => {
    assert.equal(run(group('single', [a, b]))[0], 'a')
  })

  it('tries all of a fallback group in order', () => {
    assert.equal(run(group('fallback', [a, b, c]))[0], 'abc')
  })

  it('tries no target before the one before it has failed', () => {
    const targets = plan(group('fallback', [a, b]))
    assert.equal(targets.next().value, a)
    assert.equal(targets.next(status(500)).value, b)
  })

  it('tells the last failure', () => {
    const last = status(503)
    assert.equal(run(group('fallback', [a, b]), { b: last })[1], last)
    assert.equal(run(group('single', [a]), { a: last })[1], last)
    assert.equal(run(a, { a: last })[1], last)
  })

  it('tries the groups in a group one after the other', () => {
    assert.equal(run(group('fallback', [group('fallback', [a, b]), group('single', [c, a]), d]))[0], 'abcd')
  })

  describe('with on_status_codes', () => {
    const some = group('fallback', [a, b, c], [429, 503])

    it('falls back on these statuses', () => {
      assert.equal(run(some, { a: status(429), b: status(503) })[0], 'abc')
    })

    it('tells the failure of any other status at once', () => {
      const failure = status(400)
      assert.deepEqual(run(some, { a: status(429), b: failure }), ['ab', failure])
    })

    it('falls back on no status at all if there is none on the list', () => {
      assert.equal(run(group('fallback', [a, b], []))[0], 'a')
    })

    const always: Record<string, UpstreamError> = {
      'a refused connection': streamFailure('connect', ''),
      'a timeout': streamFailure('timeout', ''),
      'a cut stream': streamFailure('truncated', ''),
      'a response that cannot be read': streamFailure('malformed', ''),
      'an error in the stream': new UpstreamError('in-band', apiError(500, ''), { status: 200 }),
      'a request that the target cannot serve': new UpstreamError('request', apiError(400, '')),
      'a status that is not known': new UpstreamError('status', apiError(500, '')),
    }
    for (const [name, failure] of Object.entries(always)) {
      it(`always falls back after ${name}`, () => assert.equal(run(some, { a: failure })[0].slice(0, 2), 'ab'))
    }

    it('decides about its own routes only', () => {
      const inner = group('fallback', [a, b], [429])
      assert.equal(run(group('fallback', [inner, c]), { a: status(500) })[0], 'ac')
      const outer = group('fallback', [group('fallback', [a, b]), c], [429])
      assert.equal(run(outer, { a: status(500), b: status(500) })[0], 'ab')
      assert.equal(run(outer, { a: status(500), b: status(429) })[0], 'abc')
    })
  })
})
