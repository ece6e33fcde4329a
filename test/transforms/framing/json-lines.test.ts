import assert from 'node:assert/strict'
import { jsonLines } from '../../../lib/transforms/framing/json-lines.ts'
import type { WireEvent } from '../../../lib/types/provider.ts'
import { flow } from '../../helpers/stages.ts'

const lines = ['{"a":"é😀"}', '{"b":"\\u2028 \\\\n"}', '[1, 2]']

async function decode(pieces: readonly Buffer[], maxEventBytes = 1 << 20): Promise<WireEvent[]> {
  const { out, error } = await flow<WireEvent>(pieces, jsonLines({ maxEventBytes }))
  if (error !== undefined) throw error
  return out
}

function cuts(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

describe('JSON lines', () => {
  const forms: Record<string, string> = {
    'line feeds': `${lines.join('\n')}\n`,
    'CR and line feed': `${lines.join('\r\n')}\r\n`,
    'blank lines between': `\n\r\n${lines.join('\n\n \n')}\n\n`,
    'a byte order mark first': `\uFEFF${lines.join('\n')}\n`,
    'no line feed at the end': lines.join('\n'),
  }
  for (const [name, body] of Object.entries(forms)) {
    it(`gives one event a line, in pieces of any size: ${name}`, async () => {
      const bytes = Buffer.from(body)
      const expected = lines.map((data) => ({ event: undefined, data }))
      for (let size = 1; size <= bytes.length; size++) assert.deepEqual(await decode(cuts(bytes, size)), expected)
    })
  }

  it('gives nothing for an empty body', async () => {
    assert.deepEqual(await decode([]), [])
  })

  it('refuses a line over the limit, unfinished or whole', async () => {
    for (const body of ['12345678', '123456789', '1\n123456789\n2\n']) {
      const read = decode([Buffer.from(body)], 8)
      if (body.length > 8) await assert.rejects(read, { kind: 'malformed' })
      else await read
    }
  })
})
