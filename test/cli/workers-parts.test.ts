import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { type Channel, type Methods, openCalls } from '../../lib/cli/workers/calls.ts'
import { joinExpositions } from '../../lib/cli/workers/expositions.ts'
import { restartDelay } from '../../lib/cli/workers/restart.ts'

describe('the delay before a dead worker is started again', () => {
  for (const [deaths, delay] of [
    [1, 100],
    [2, 200],
    [5, 1600],
    [8, 10_000],
    [5000, 10_000],
  ] as const) {
    it(`is ${delay} ms after ${deaths} in a row`, () => {
      assert.equal(restartDelay(deaths), delay)
    })
  }
})

describe('calls between the primary and a worker', () => {
  /** Both ends of a channel, as JSON carries things. */
  function channel(): [Channel & EventEmitter, Channel & EventEmitter] {
    const ends = [new EventEmitter(), new EventEmitter()] as const
    const end = (own: EventEmitter, other: EventEmitter) =>
      Object.assign(own, {
        send(message: unknown, callback: (error: Error | null) => void) {
          process.nextTick(() => other.emit('message', JSON.parse(JSON.stringify(message))))
          callback(null)
          return true
        },
      }) as Channel & EventEmitter
    return [end(ends[0], ends[1]), end(ends[1], ends[0])]
  }
  const LONG_MS = 60_000

  /** The way to ask one side, which answers with `theirs`. */
  function asking<Theirs extends Methods>(theirs: Theirs) {
    const [here, there] = channel()
    openCalls(there, theirs)
    return { here, call: openCalls<Theirs>(here, {}) }
  }

  it('bring back the value, of a promise too, and each its own', async () => {
    const { call } = asking({
      plus: (a: number, b: number) => a + b,
      later: async (text: string) => text,
      nothing: () => undefined,
    })
    const answers = [call(LONG_MS, 'later', 'x'), call(LONG_MS, 'plus', 1, 2), call(LONG_MS, 'nothing')]
    assert.deepEqual(await Promise.all(answers), ['x', 3, undefined])
  })

  it('fail with what the other side throws', async () => {
    const { call } = asking({
      no: () => {
        throw new Error('not today')
      },
    })
    await assert.rejects(call(LONG_MS, 'no'), { message: 'not today' })
  })

  it('fail for what the other side does not have', async () => {
    const { call } = asking<Methods>({})
    await assert.rejects(call(LONG_MS, 'constructor'), { message: 'There is no constructor here.' })
  })

  it('fail when the other side does not answer in time, and leave a late answer alone', async () => {
    let answer = (_: string) => {}
    const { call, here } = asking({ late: () => new Promise<string>((resolve) => (answer = resolve)) })
    await assert.rejects(call(20, 'late'), { message: 'No answer to late within 20 ms.' })
    answer('too late')
    await new Promise((resolve) => here.once('message', resolve))
  })

  it('fail when the channel is closed', async () => {
    const closed = Object.assign(new EventEmitter(), {
      send(_: unknown, callback: (error: Error | null) => void) {
        process.nextTick(callback, new Error('Channel closed'))
        return false
      },
    })
    await assert.rejects(openCalls<{ any(): void }>(closed, {})(LONG_MS, 'any'), { message: 'Channel closed' })
  })
})

describe('expositions of several processes', () => {
  const joined = (...texts: string[][]) =>
    joinExpositions(texts.map((lines) => lines.map((line) => `${line}\n`).join('')))
      .split('\n')
      .slice(0, -1)

  it('have each family once, with the samples of all below it', () => {
    const of = (worker: number) => [
      '# HELP requests Requests.',
      '# TYPE requests counter',
      `requests{worker="${worker}"} ${worker}0`,
      '# HELP open Streams.',
      '# TYPE open gauge',
      `open{worker="${worker}"} 0 1700000000000`,
    ]
    assert.deepEqual(joined(of(1), of(2)), [
      '# HELP requests Requests.',
      '# TYPE requests counter',
      'requests{worker="1"} 10',
      'requests{worker="2"} 20',
      '# HELP open Streams.',
      '# TYPE open gauge',
      'open{worker="1"} 0 1700000000000',
      'open{worker="2"} 0 1700000000000',
    ])
  })

  it("keep a histogram's series together", () => {
    const of = (worker: number) => [
      '# TYPE time histogram',
      `time_count{worker="${worker}"} 1`,
      `time_sum{worker="${worker}"} 2`,
      `time_bucket{worker="${worker}",le="+Inf"} 1`,
    ]
    const lines = joined(of(1), of(2))
    assert.deepEqual(lines, [...of(1), ...of(2).slice(1)])
  })

  it('have a family that only one of them has', () => {
    assert.deepEqual(joined(['# TYPE a gauge', 'a 1'], ['# TYPE b gauge', 'b 2']), [
      '# TYPE a gauge',
      'a 1',
      '# TYPE b gauge',
      'b 2',
    ])
  })

  it('have a series that all have in common once', () => {
    const info = ['# TYPE target_info gauge', 'target_info{service_name="streamgate"} 1']
    assert.deepEqual(joined(info, info), info)
  })

  it('tell series apart by whatever stands in a label', () => {
    const lines = ['a{x="} 1"} 1', 'a{x="\\"} 2"} 2', 'a{x="\\\\"} 3', 'a 4', 'a{} 5']
    assert.deepEqual(joined(lines), lines)
  })

  it('do not take one family for a part of another', () => {
    const lines = ['# TYPE a counter', 'a_total 1', '# TYPE a_b counter', 'a_b_total 2', 'abc 3']
    assert.deepEqual(joined(lines, []), lines)
  })

  it('leave out comments, ends and what is no sample', () => {
    assert.deepEqual(joined(['# a comment', '', '???', 'a 1', '# EOF'], ['']), ['a 1'])
  })
})
