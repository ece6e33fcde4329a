import type { ResolvedRequestSettings } from '../../config.ts'
import type { Chunk } from '../../types/chunk.ts'

type Bounds = NonNullable<ResolvedRequestSettings['coalesce']>

/** Chunks on their way to the client, small ones joined. */
export interface Coalescer {
  /** Whether there is room for more. */
  add(chunk: Chunk): boolean
  /** Emits what is held, so that something else can go out behind it. The next text goes out at once. */
  flush(): void
  /** Nothing is emitted any more. */
  stop(): void
}

/**
 * Joins pieces of text that come within `ms` of the last that went out, or until there are `chars` of them. The first piece
 * is never held, nor is one after a pause of `ms`. Chunks that differ in more than their text end what was joined, and go out
 * in their place.
 */
export function coalescer({ ms, chars }: Bounds, emit: (chunk: Chunk) => void, hasRoom: () => boolean): Coalescer {
  let held: (Text & { chunk: Chunk }) | undefined
  let timer: NodeJS.Timeout | undefined
  let waiting = false

  const release = () => {
    if (held === undefined) return
    const { chunk, index, kind, text } = held
    held = undefined
    emit({ ...chunk, choices: [{ index, delta: { [kind]: text }, logprobs: null, finish_reason: null }] })
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
        return hasRoom()
      }
      held = { ...piece, chunk, text: (held?.text ?? '') + piece.text }
      if (held.text.length >= chars) release()
      return hasRoom()
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

/** A chunk's text, if it has nothing else. */
interface Text {
  index: number
  kind: 'content' | 'reasoning_content'
  text: string
}

const CHUNK: ReadonlySet<string> = new Set([
  ...['id', 'object', 'created', 'model', 'service_tier', 'system_fingerprint', 'choices'],
])
const CHOICE: ReadonlySet<string> = new Set(['index', 'delta', 'logprobs', 'finish_reason'])

function textOf(chunk: Chunk): Text | undefined {
  const [choice] = chunk.choices
  if (choice === undefined || chunk.choices.length > 1) return undefined
  const { index, delta, logprobs, finish_reason } = choice
  if (logprobs !== null || finish_reason !== null || !hasOnly(chunk, CHUNK) || !hasOnly(choice, CHOICE))
    return undefined
  const [kind, ...others] = Object.keys(delta)
  if (others.length > 0 || (kind !== 'content' && kind !== 'reasoning_content')) return undefined
  const text = delta[kind]
  return text ? { index, kind, text } : undefined
}

function hasOnly(value: object, keys: ReadonlySet<string>): boolean {
  for (const key in value) if (!keys.has(key)) return false
  return true
}

/** Whether a piece differs from what is held in its text alone. */
function follows(chunk: Chunk, { index, kind }: Text, held: Text & { chunk: Chunk }): boolean {
  const { service_tier, system_fingerprint } = held.chunk
  const sameText = index === held.index && kind === held.kind
  return sameText && chunk.service_tier === service_tier && chunk.system_fingerprint === system_fingerprint
}
