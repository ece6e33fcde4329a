import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { callIds } from '../../../lib/dialects/call-ids.ts'
import { translated } from '../../../lib/dialects/responses/request.ts'
import { checkRequest, type Item, type ToolSpec } from '../../../lib/dialects/responses/request-schema.ts'

/** What clients really sent. They are kept beside the checkout: where they are missing, the tests are skipped. */
const REQUESTS = new URL('../../../../shared/clients/requests/', import.meta.url)
const files = existsSync(REQUESTS)
  ? readdirSync(REQUESTS).filter((name) => /^(codex|aisdk|openai-agents)/.test(name))
  : []

interface Sent {
  body: { model: string; input: readonly Item[]; tools?: readonly ToolSpec[] }
}

describe('requests of the Responses API that clients sent', () => {
  if (files.length === 0) it.skip('needs the recorded requests, which are not beside this checkout (../shared/clients)')

  for (const file of files) {
    it(`${file} is read without loss`, () => {
      const { body } = JSON.parse(readFileSync(new URL(file, REQUESTS), 'utf8')) as Sent
      checkRequest(body)
      const known = body.input.filter(({ type }) => type !== 'item_reference')
      const { request, origin, dropped, refusal } = translated(body, { items: known, before: 0, missing: undefined })
      assert.equal(refusal, undefined)
      // What Codex always sends, and others have no word for.
      assert.deepEqual(
        dropped.filter((name) => name !== 'tools.tool_search' && name !== 'tools.web_search'),
        [],
      )

      const written = JSON.stringify(request.messages)
      for (const text of textsOf(known)) assert.ok(written.includes(JSON.stringify(text).slice(1, -1)), text)

      const tools = [...(body.tools ?? []), ...known.flatMap((item) => item.tools ?? [])]
      const flat = tools.flatMap((tool) => tool.tools?.map((each) => ({ ...each, namespace: tool.name })) ?? [tool])
      for (const { type, name, namespace } of flat as (ToolSpec & { namespace?: string })[]) {
        if (type !== 'function' && type !== 'custom') continue
        const chat = request.tools?.find((each) => {
          const back = origin((each.function as { name: string }).name)
          return back.name === name && back.namespace === namespace && back.type === type
        })
        assert.ok(chat, `${namespace ?? ''} ${name}`)
      }
    })
  }
})

function textsOf(items: readonly Item[]): string[] {
  return items.flatMap(({ content, output, arguments: args, call_id }) => [
    ...[content, output].flatMap((each) =>
      typeof each === 'string' ? each : (each ?? []).flatMap(({ text }) => (typeof text === 'string' ? text : [])),
    ),
    ...(args === undefined ? [] : [args]),
    ...(call_id === undefined ? [] : [callIds()(call_id).id]),
  ])
}
