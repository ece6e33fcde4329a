import { makeChunk, nativeOf, plainText } from '../../chunk.ts'
import type { ResolvedRequestSettings } from '../../config.ts'
import type { Chunk } from '../../types/chunk.ts'

type Bounds = NonNullable<ResolvedRequestSettings['coalesce']>

/** Chunks on their way to the client, small ones joined. */
export interface Coalescer {
  add(chunk: Chunk): void
  /** Emits the held text, so that something else can go out behind it. The next text goes out at once. */
  flush(): void
  /** Nothing is emitted any more. */
  stop(): void
}

/**
 * Joins pieces of text that come within `ms` of the last that went out, up to `chars` characters. The first piece is never
 * held, nor is one after a pause of `ms`. A chunk that differs in more than its text goes out by itself, behind the held text.
 */
export function coalescer({ ms, chars }: Bounds, emit: (chunk: Chunk) => void): Coalescer {
  let held: (Text & { chunk: Chunk }) | undefined
  let timer: NodeJS.Timeout | undefined
  let waiting = false

  const release = () => {
    if (held === undefined) return
    const { chunk, index, kind, text } = held
    held = undefined
    emit(makeChunk(chunk, index, { [kind]: text }))
  }
  const wait = () => {
    waiting = true
    if (timer === undefined) timer = setTimeout(onTime, ms)
    else timer.refresh()
  }
  const onTime = () => {
    waiting = held !== undefined
    if (!waiting) return
    release()
    wait()
  }

  return {
    add(chunk) {
      const piece = textOf(chunk)
      if (held !== undefined && !(piece && follows(chunk, piece, held))) release()
      if (piece === undefined || !waiting) {
        emit(chunk)
        if (piece !== undefined) wait()
        return
      }
      held = { ...piece, chunk, text: (held?.text ?? '') + piece.text }
      if (held.text.length >= chars) release()
    },
    flush() {
      release()
      waiting = false
    },
    stop() {
      held = undefined
      clearTimeout(timer)
    },
  }
}

/** The text of a chunk that has nothing else. */
interface Text {
  index: number
  kind: 'content' | 'reasoning_content'
  text: string
}

const KINDS = ['content', 'reasoning_content'] as const

function textOf(chunk: Chunk): Text | undefined {
  // It is written as the provider wrote it.
  if (nativeOf(chunk) !== undefined) return undefined
  for (const kind of KINDS) {
    const text = plainText(chunk, kind)
    if (text) return { index: chunk.choices[0]?.index ?? 0, kind, text }
  }
  return undefined
}

/** Whether a text goes on with the one that is held. */
function follows(chunk: Chunk, { index, kind }: Text, held: Text & { chunk: Chunk }): boolean {
  const { service_tier, system_fingerprint } = held.chunk
  const sameText = index === held.index && kind === held.kind
  return sameText && chunk.service_tier === service_tier && chunk.system_fingerprint === system_fingerprint
}
