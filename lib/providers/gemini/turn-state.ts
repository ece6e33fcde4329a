import { isObject, type Json, objects, text } from '../json.ts'
import type { Part, Platform } from './wire.ts'

/**
 * What Gemini wants back with a function call: its signature, and the parts of tools that Gemini ran itself before it. A signature
 * is of use only where it was made. Written as `google:<signature>`, or with parts as JSON behind the platform.
 *
 * Source: ai.google.dev, thought signatures and tool combination.
 */
export interface TurnState {
  signature: string | undefined
  /** In front of the call, as they came. */
  parts: Part[]
}

const NOTHING: TurnState = { signature: undefined, parts: [] }

export function writtenState(platform: Platform, signature: string, parts: readonly Json[]): string | undefined {
  if (parts.length > 0) return `${platform}:${JSON.stringify([signature, ...parts])}`
  return signature === '' ? undefined : `${platform}:${signature}`
}

/** The state of a call that this platform made; nothing of another's, or of another provider's. */
export function readState(state: string | undefined, platform: Platform): TurnState {
  if (state === undefined) return NOTHING
  // Histories of before had the signature alone.
  if (isSignature(state)) return { signature: state, parts: [] }
  const own = `${platform}:`
  if (!state.startsWith(own)) return NOTHING
  const written = state.slice(own.length)
  if (isSignature(written)) return { signature: written, parts: [] }
  const [signature, ...parts] = parsedList(written)
  const given = text(signature)
  return { signature: isSignature(given) ? given : undefined, parts: objects(parts).filter(isServerPart) }
}

/** A signature is base64. */
function isSignature(value: string): boolean {
  return /^[\w+/-]+={0,2}$/.test(value)
}

/** Whether a part is of a tool that Gemini runs itself. Source: @google/genai `Part`. */
export function isServerPart(part: Json): boolean {
  return SERVER_PARTS.some((key) => isObject(part[key]))
}

const SERVER_PARTS = ['toolCall', 'toolResponse', 'executableCode', 'codeExecutionResult']

/** The parts of its own tools that a client sends back in a field of the message; those that another platform made are of no use. */
export function returnedParts(field: unknown, platform: Platform): Part[] {
  return objects(field).flatMap(({ platform: maker, ...part }) =>
    maker === platform && isServerPart(part) ? [part] : [],
  )
}

/** Parts of the client's next call, until it comes. In characters; far more than comes back in a call's id. */
const MOST_PARTS = 256 * 1024

/** Collects the parts of Gemini's own tools in front of a call; none of them, if they are too many to come back. */
export function serverParts(): { add(part: Json): void; take(): Json[] } {
  let parts: Json[] = []
  let size = 0
  return {
    add(part) {
      size += JSON.stringify(part).length
      if (size > MOST_PARTS) parts = []
      else parts.push(part)
    },
    take() {
      const taken = parts
      parts = []
      return taken
    },
  }
}

function parsedList(json: string): unknown[] {
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
