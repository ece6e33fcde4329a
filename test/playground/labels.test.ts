import assert from 'node:assert/strict'

const { placeLabels } = await import('../../lib/cli/playground/client/labels.js' as string)

const [LEFT, RIGHT] = [12, 760]
const lane = (start: number | undefined, more: object = {}) =>
  placeLabels({
    start,
    name: '2 anthropic',
    detail: 'claude-sonnet-5',
    verdict: 'whole · 1.5 s',
    left: LEFT,
    right: RIGHT,
    ...more,
  })

describe('the labels of a lane of the timeline', () => {
  it('stand at both ends, where no connector comes down', () => {
    assert.deepEqual(lane(undefined), { title: LEFT, verdict: RIGHT, detail: 'claude-sonnet-5' })
  })

  it('stand on both sides of a connector in the middle', () => {
    assert.deepEqual(lane(400), { title: LEFT, verdict: RIGHT, detail: 'claude-sonnet-5' })
  })

  it('stand to the right of one that comes down early', () => {
    assert.deepEqual(lane(60), { title: 69, verdict: RIGHT, detail: 'claude-sonnet-5' })
  })

  it('stand to the left of one that comes down late', () => {
    assert.deepEqual(lane(740), { title: LEFT, verdict: 731, detail: 'claude-sonnet-5' })
  })

  it('lose the detail where there is no room', () => {
    assert.deepEqual(lane(140, { right: 360 }), { title: LEFT, verdict: 360, detail: '' })
  })

  it('stand on both sides of one that comes down where the verdict would be', () => {
    assert.deepEqual(lane(200, { right: 331, verdict: 'not reached · 54 ms' }), {
      title: 209,
      verdict: 191,
      detail: '',
    })
  })

  it('cross no connector in any window', () => {
    for (const told of ['cut · 5 ms', 'whole · 1.5 s', 'circuit open · 54 ms']) {
      for (let right = 250; right < 1200; right += 7) {
        for (let start = LEFT; start <= right; start += 3) {
          const { title, verdict, detail } = lane(start, { right, verdict: told })
          const end = title + ('2 anthropic'.length + detail.length) * 8
          const crosses = (from: number, to: number) => start > from && start < to
          assert.ok(!crosses(title, end) || right < 300, `title at ${start} of ${right}`)
          assert.ok(!crosses(verdict - told.length * 8, verdict), `verdict at ${start} of ${right}, ${told}`)
        }
      }
    }
  })
})
