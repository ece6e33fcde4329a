import { streamFailure } from '../../errors.ts'
import type { ToolCallDelta } from '../../types/provider.ts'
import { argumentText, count, isObject, type Json, scalarText, text } from '../json.ts'
import { jsonObjectScanner } from './json-scanner.ts'

interface Call {
  readonly key: number
  readonly type: 'function' | 'custom'
  id: string
  name: string
  readonly input: ReturnType<typeof jsonObjectScanner>
}

/** A piece of a call, in the terms that all servers share. Empty texts stand for what the piece does not have. */
interface Piece {
  index: number | undefined
  id: string
  name: string
  input: string
}

/** Reads the pieces of one choice's calls. */
export interface ToolCallReader {
  read(piece: Json): ToolCallDelta
  /** Whether the last piece had neither id nor name, so that one like it goes on with the same call. */
  goesOn(): boolean
  /** Hears of more input of the last call. */
  noted(fragment: string): void
}

/** Far more calls than a model makes in one answer. */
const MOST_INDEXES = 10_000

/**
 * Sorts the pieces of one choice's tool calls, over all its chunks, by the call that they belong to.
 *
 * - Index and id name a call, but for the id "null" (the default of Mistral's SDK) and its like. Some servers give every call index 0, or
 *   none at all: another id with a name, or another name after whole arguments, opens a call there.
 * - A piece with neither id nor name goes on with the call of its index, else with the last one, if that is not whole yet.
 * - Mistral sends whole calls without an index, whose arguments may be an object, and for hosted models later pieces without an id and with an empty name.
 * - A name may come in pieces, again, or again and longer; `name` of the result is the name so far.
 */
export function toolCallReader(): ToolCallReader {
  const byIndex = new Map<number, Call>()
  const byId = new Map<string, Call>()
  let last: Call | undefined
  let calls = 0
  /** Whether the last piece had neither id nor name. */
  let isBare = true

  /** The call that a piece names or, if it names none, goes on with. */
  const candidateFor = ({ index, id, name, input }: Piece): Call | undefined => {
    const atIndex = index === undefined ? undefined : byIndex.get(index)
    const byItsId = byId.get(id)
    if (byItsId !== undefined && (name === '' || index === undefined)) return byItsId
    if (atIndex !== undefined || id !== '') return atIndex
    if (index === undefined) return last
    return name === '' && (input === '' || last?.input.state() !== 'whole') ? last : undefined
  }

  const open = (source: Json): Call => {
    const isCustom = source.type === 'custom' || (source.type !== 'function' && !isObject(source.function))
    const type = isCustom && isObject(source.custom) ? 'custom' : 'function'
    return { key: calls++, type, id: '', name: '', input: jsonObjectScanner() }
  }

  const read = (source: Json): ToolCallDelta => {
    const piece = pieceOf(source)
    isBare = piece.id === '' && piece.name === ''
    const candidate = candidateFor(piece)
    const known = candidate !== undefined && opensAnother(candidate, piece) ? undefined : candidate
    const call = known ?? open(source)
    const delta: ToolCallDelta = { key: call.key }
    if (known === undefined) delta.type = call.type
    // A call without an index counts as the next one, for servers that send the index with later pieces only.
    const index = piece.index ?? (known === undefined ? call.key : undefined)
    if (index !== undefined && (piece.index !== undefined || !byIndex.has(index))) byIndex.set(index, call)
    if (byIndex.size > MOST_INDEXES) throw streamFailure('malformed', 'The provider numbers its calls without end.')
    if (piece.id !== '' && call.id === '') {
      call.id = delta.id = piece.id
      byId.set(piece.id, call)
    }
    const name = joinedName(call.name, piece.name)
    if (name !== call.name) delta.name = call.name = name
    if (piece.input !== '') {
      delta.arguments = piece.input
      call.input.add(piece.input)
    }
    last = call
    return delta
  }
  return {
    read,
    goesOn: () => isBare,
    noted(fragment) {
      last?.input.add(fragment)
    },
  }
}

/** Whether a piece with a name begins a call of its own, though it names this one or names none. */
function opensAnother(call: Call, { index, id, name, input }: Piece): boolean {
  if (name === '' || call.name === '') return false
  if (id !== '' && call.id !== '' && id !== call.id) return true
  const isRepeated = name === call.name
  if (call.input.state() === 'whole') return !isRepeated || (id === '' && input !== '')
  return index === undefined && id === '' && !(isRepeated && call.input.state() === 'open')
}

/** A repeated name says nothing new, a longer one that begins with it replaces it, any other continues it. */
function joinedName(known: string, piece: string): string {
  if (piece === known) return known
  return piece.startsWith(known) ? piece : known + piece
}

/** What some servers leave of gpt-oss's format behind a name: `get_weather<|channel|>commentary`. */
const CHANNEL_MARK = /<\|.*$/s

/** What servers write of an id that they do not have. */
const NO_IDS: ReadonlySet<string> = new Set(['null', 'None', 'undefined'])

function pieceOf(source: Json): Piece {
  const body = source.type !== 'custom' && isObject(source.function) ? source.function : source.custom
  const { name, arguments: args, input } = isObject(body) ? body : {}
  const id = scalarText(source.id) ?? ''
  return {
    index: count(source.index),
    id: NO_IDS.has(id) ? '' : id,
    name: text(name).replace(CHANNEL_MARK, ''),
    input: argumentText(args ?? input),
  }
}
