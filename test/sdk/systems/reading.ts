import assert from 'node:assert/strict'
import type { Called, Turn } from './system.ts'

/** Finds for each result the call that it answers, by the id that both must have. `form`: the ids that are accepted. */
export function callBook(form: RegExp) {
  const open = new Map<string, Called>()
  return {
    called(id: string, name: string, args: Record<string, unknown>): Called {
      assert.match(id, form)
      assert(!open.has(id), `two calls have the id '${id}'`)
      const call = { name, arguments: args }
      open.set(id, call)
      return call
    },
    answered(id: string, result: string): Called & { result: string } {
      const call = open.get(id)
      assert(call, `a result for '${id}', which was not called`)
      open.delete(id)
      return { ...call, result }
    },
    close() {
      assert.deepEqual([...open.keys()], [], 'calls without a result')
    },
  }
}

/** An assistant's turn, with calls only if there are some. */
export function assistantTurn(text: string, calls: Called[]): Turn {
  return calls.length > 0 ? { assistant: text, calls } : { assistant: text }
}

/** A user's turn, with images only if there are some. */
export function userTurn(text: string, images: { mime: string; data: string }[]): Turn {
  return images.length > 0 ? { user: text, images } : { user: text }
}

export function dataUrl(url: string): { mime: string; data: string } {
  const [, mime = '', data = ''] = /^data:(.*);base64,(.*)$/.exec(url) ?? []
  return { mime, data }
}

/** A tool's result where a provider takes objects only, and text goes by the name of `output`. */
export function unwrapped(result: Record<string, unknown>): string {
  return typeof result.output === 'string' ? result.output : JSON.stringify(result)
}
