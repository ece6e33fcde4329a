import assert from 'node:assert/strict'
import { nearestEffort } from '../../lib/providers/openai/efforts.ts'

const NEAREST: [efforts: string[], asked: string, expected: string | undefined][] = [
  [['none', 'low', 'medium', 'high'], 'minimal', 'low'],
  [['minimal', 'low', 'medium', 'high'], 'none', 'minimal'],
  [['minimal', 'low', 'medium', 'high'], 'xhigh', 'high'],
  [['none', 'high'], 'medium', 'high'],
  [['none', 'high'], 'low', 'high'],
  [['none'], 'low', 'none'],
  [['low', 'high', 'max'], 'medium', 'low'],
  [['low', 'high'], 'low', 'low'],
  [['medium'], 'low', 'medium'],
  [['none', 'default'], 'high', 'default'],
  [['none', 'default'], 'none', 'none'],
  [['none', 'default', 'low'], 'high', 'low'],
  [['none', 'default'], 'default', 'default'],
  [['low'], 'auto', undefined],
  [[], 'low', undefined],
]

describe('the nearest effort', () => {
  for (const [efforts, asked, expected] of NEAREST) {
    it(`to ${asked} of ${efforts.join(', ') || 'none at all'} is ${expected}`, () => {
      assert.equal(nearestEffort(efforts, asked), expected)
    })
  }
})
