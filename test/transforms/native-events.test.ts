import assert from 'node:assert/strict'
import { LONGEST_TEXT, nativeOf } from '../../lib/chunk.ts'
import { UpstreamError } from '../../lib/errors.ts'
import { type ChunkAssembler, chunkAssembler } from '../../lib/transforms/chunk-assembler.ts'
import { nativeEvents } from '../../lib/transforms/native-events.ts'
import type { Chunk } from '../../lib/types/chunk.ts'
import type { ChunkInit, NativeEvent, WireEvent } from '../../lib/types/provider.ts'

/** Events of a dialect of our own: the name says when it goes, the data what it means. */
const MEANINGS: Record<string, ChunkInit> = {
  text: { content: 'Hi' },
  long: { content: 'a'.repeat(LONGEST_TEXT + 1) },
  call: { toolCalls: [{ key: 0, id: 'c', name: 'f', arguments: '{}' }] },
  reason: { finish: 'stop' },
  end: { end: true },
}

function read({ event, data }: WireEvent): NativeEvent | undefined {
  if (event === 'private') return undefined
  return { event: data, data, goes: event as NativeEvent['goes'], opaque: false }
}

function assembler(maxBytes = 1000): ChunkAssembler {
  const inner = chunkAssembler({
    decoder: { decode: ({ data }) => (MEANINGS[data] === undefined ? [] : [MEANINGS[data]]) },
    choices: 1,
    envelope: { id: 'id', created: 1, model: 'm' },
    toolCalls: 'whole',
    strict: true,
    maxToolCallBytes: 1000,
    maxHeldBytes: 1000,
    demands: { failOn: [], json: false, violation: undefined, afterToolResult: false },
    maxJsonBytes: 1000,
    onContent() {},
    onWhole() {},
  })
  return nativeEvents(inner, read, maxBytes)
}

/** What goes out after each event: the kind of each chunk with its events. */
function run(events: readonly (readonly [goes: string, data: string])[], endsBy: 'terminal' | 'body' = 'terminal') {
  const made = assembler()
  const out: string[][] = []
  const write = (act: (push: (chunk: Chunk) => void) => void) => {
    const chunks: Chunk[] = []
    act((chunk) => chunks.push(chunk))
    out.push(chunks.map((chunk) => `${kindOf(chunk)}: ${(nativeOf(chunk) ?? []).map(({ data }) => data).join(' ')}`))
  }
  for (const [event, data] of events) write((push) => made.add({ event, data }, push))
  if (endsBy === 'body') write(made.end)
  return out
}

function kindOf({ choices: [choice] }: Chunk): string {
  if (choice?.finish_reason != null) return choice.finish_reason
  return Object.keys(choice?.delta ?? {}).join('+') || 'nothing'
}

describe('events that go past the translation', () => {
  it('stand each in one chunk, in order', () => {
    assert.deepEqual(
      run([
        ['at-once', 'begin'],
        ['at-once', 'text'],
        ['private', 'text'],
        ['at-once', 'ping'],
      ]),
      [['nothing: begin'], ['content: text'], ['content: '], ['nothing: ping']],
    )
  })

  it('stand in the first chunk of a text that becomes several', () => {
    assert.deepEqual(run([['at-once', 'long']]), [['content: long', 'content: ']])
  })

  it('wait for the next one where they end a part', () => {
    assert.deepEqual(
      run([
        ['at-once', 'text'],
        ['with-next', 'close'],
        ['at-once', 'open'],
      ]),
      [['content: text'], [], ['nothing: close open']],
    )
  })

  it('wait for the terminal from the first call on', () => {
    assert.deepEqual(
      run([
        ['at-once', 'text'],
        ['with-terminal', 'call'],
        ['at-once', 'ping'],
        ['with-terminal', 'reason'],
        ['with-terminal', 'end'],
      ]),
      [['content: text'], [], [], [], ['tool_calls: ', 'tool_calls: call ping reason end']],
    )
  })

  it('begin the answer with a role where a call comes first', () => {
    assert.deepEqual(run([['with-terminal', 'call']]), [['role: ']])
  })

  it('come out at a proper end of the body, too', () => {
    assert.deepEqual(
      run(
        [
          ['at-once', 'text'],
          ['with-terminal', 'reason'],
        ],
        'body',
      ),
      [['content: text'], [], ['stop: reason']],
    )
  })

  it('are an error when too many wait', () => {
    const made = assembler(10)
    const add = (data: string) => made.add({ event: 'with-terminal', data }, () => {})
    add('1234567890')
    assert.throws(
      () => add('1'),
      (error) => error instanceof UpstreamError && error.kind === 'malformed',
    )
  })
})
