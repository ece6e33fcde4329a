import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readRequest } from '../../../lib/dialects/messages/request.ts'

/** Requests that Claude Code really sent. They are kept beside the checkout and are no part of this project. */
const REQUESTS = new URL('../../../../shared/clients/requests/', import.meta.url)

const files = existsSync(REQUESTS) ? readdirSync(REQUESTS).filter((file) => file.startsWith('claude-')) : []

interface Recorded {
  method: string
  path: string
  body: Record<string, unknown>
}

describe("Claude Code's requests", () => {
  if (files.length === 0) it.skip('needs the recorded requests, which are not beside this checkout (../shared/clients)')

  for (const file of files) {
    const { method, path, body } = JSON.parse(readFileSync(new URL(file, REQUESTS), 'utf8')) as Recorded
    if (method !== 'POST') continue

    it(`${file} is read without loss`, () => {
      const { request, lost } = readRequest(body, path.includes('count_tokens') ? 'none' : 'max_tokens')
      assert.deepEqual(
        lost.filter((name) => name !== 'context_management'),
        [],
      )
      const tools = (body.tools as { name: string }[]).filter(({ name }) => name !== 'DeferredToolPlaceholder')
      const read = new Set(textsOf(request))
      const said = textsOf({ messages: body.messages, system: body.system ?? [], tools })
      const missing = said.filter((text) => text.length > 20 && !read.has(text))
      assert.deepEqual(
        missing.filter((text) => !text.startsWith('x-anthropic-billing-header:')),
        [],
      )
      assert.deepEqual(
        request.tools?.map((tool) => tool.function?.name) ?? [],
        tools.map(({ name }) => name),
      )
    })
  }
})

/** Every text in a value; of a call's arguments too, which are JSON in a chat request. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('{"') ? textsOf(parsed(value)) : [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsOf)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return [text]
  }
}
