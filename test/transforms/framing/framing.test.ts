import assert from 'node:assert/strict'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { UpstreamError } from '../../../lib/errors.ts'
import { framing } from '../../../lib/transforms/framing/framing.ts'
import type { Framing, WireEvent } from '../../../lib/types/provider.ts'
import { flow } from '../../helpers/stages.ts'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
)
const frame = codec.encode({
  headers: {
    ':message-type': { type: 'string', value: 'event' },
    ':event-type': { type: 'string', value: 'metadata' },
  },
  body: Buffer.from('{"a":1}'),
})

describe('framing', () => {
  const bodies: Record<Framing, [body: Buffer, event: string | undefined]> = {
    sse: [Buffer.from('data: {"a":1}\n\n'), undefined],
    'json-lines': [Buffer.from('{"a":1}\n'), undefined],
    'json-array': [Buffer.from('[{"a":1}]'), undefined],
    'aws-eventstream': [Buffer.from(frame), 'metadata'],
  }
  for (const [kind, [body, event]] of Object.entries(bodies) as [Framing, [Buffer, string | undefined]][]) {
    it(`cuts a body of ${kind} into events`, async () => {
      const { out, error } = await flow<WireEvent>([body], framing(kind, { maxEventBytes: 200 }))
      assert.deepEqual({ out, error }, { out: [{ event, data: '{"a":1}' }], error: undefined })
    })

    it(`fails on an event of ${kind} that is over the limit`, async () => {
      const { out, error } = await flow([body], framing(kind, { maxEventBytes: 6 }))
      assert.deepEqual(out, [])
      assert.equal(error instanceof UpstreamError && error.kind, 'malformed')
    })
  }
})
