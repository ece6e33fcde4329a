import assert from 'node:assert/strict'
import { ownParam } from '../../../lib/dialects/responses/param-names.ts'

describe('parameters of chat in the words of the Responses API', () => {
  const rows: [chat: string, own: string][] = [
    ['messages', 'input'],
    ['messages[3].content', 'input'],
    ['messages.[3].content', 'input'],
    ['max_completion_tokens', 'max_output_tokens'],
    ['max_tokens', 'max_output_tokens'],
    ['response_format.json_schema.schema', 'text.format'],
    ['reasoning_effort', 'reasoning.effort'],
    ['verbosity', 'text.verbosity'],
    ['web_search_options', 'tools.web_search'],
    ['tools[2].function.parameters', 'tools'],
    ['tools[2].tools[0].type', 'tools[2].tools[0].type'],
    ['input[0].content', 'input[0].content'],
    ['tool_choice', 'tool_choice'],
    ['temperature', 'temperature'],
    ['', ''],
  ]
  for (const [chat, own] of rows) it(`${chat} is ${own}`, () => assert.equal(ownParam(chat), own))
})
