import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { callState, ownCallId, packCallId } from '../../lib/transforms/call-id.ts'

const ROOM = 1_000_000

describe('the state in a call id', () => {
  it('is not there unless given', () => {
    assert.equal(packCallId('call_1', undefined), 'call_1')
    assert.equal(ownCallId('call_1'), 'call_1')
    assert.equal(callState('call_1', ROOM), undefined)
  })

  it('comes back as it was, and so does the id', () => {
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(text, text, (id, state) => {
        const packed = packCallId(id, state)
        assert.equal(ownCallId(packed), id)
        assert.equal(callState(packed, ROOM), state)
      }),
    )
  })

  it('comes back where it was packed twice', () => {
    const packed = packCallId(packCallId('call_1', 'inner'), 'outer')
    assert.equal(callState(packed, ROOM), 'outer')
    assert.equal(callState(ownCallId(packed), ROOM), 'inner')
  })

  it('travels in characters that any client and URL can carry', () => {
    assert.match(packCallId('call_1', '{"thought":"\u0000é🦢"}'), /^call_1~sg1\.[\w-]+$/)
  })

  it('is less where all of it would make the id too long, if there is less', () => {
    const long = randomBytes(1200).toString('base64')
    assert.equal(callState(packCallId('call_1', 'short', 'less'), ROOM), 'short')
    assert.equal(callState(packCallId('call_1', long, 'less'), ROOM), 'less')
    assert.equal(callState(packCallId('call_1', long), ROOM), long)
    assert.equal(callState(packCallId('call_1', long, long), ROOM), long)
  })

  for (const [name, broken] of Object.entries({
    empty: '',
    cut: packCallId('', 'a long thought that was cut').slice(5, -4),
    'not base64url': '§§§§',
    'not deflated': Buffer.from('plain text').toString('base64url'),
  })) {
    it(`is dropped if it is ${name}, and the id still comes back`, () => {
      assert.equal(callState(`call_1~sg1.${broken}`, ROOM), undefined)
      assert.equal(ownCallId(`call_1~sg1.${broken}`), 'call_1')
    })
  }

  it('is dropped if it inflates over the limit', () => {
    const packed = packCallId('call_1', 'x'.repeat(1000))
    assert.equal(callState(packed, 1000)?.length, 1000)
    assert.equal(callState(packed, 999), undefined)
    assert.equal(callState(packed, 0), undefined)
  })
})
