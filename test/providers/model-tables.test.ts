import assert from 'node:assert/strict'
import { FOUNDRY_MODELS } from '../../lib/providers/azure/model-rules.ts'
import { BEDROCK_MODELS } from '../../lib/providers/bedrock/model-rules.ts'
import { GROQ_MODELS } from '../../lib/providers/groq/model-rules.ts'
import { MISTRAL_MODELS } from '../../lib/providers/mistral/model-rules.ts'
import type { ModelRow } from '../../lib/providers/model-table.ts'
import { OPENAI_MODELS } from '../../lib/providers/openai/model-rules.ts'
import { RESPONSES_MODELS } from '../../lib/providers/openai/responses/model-rules.ts'

const TABLES: Readonly<Record<string, readonly ModelRow[]>> = {
  openai: OPENAI_MODELS,
  'openai, by the Responses API': RESPONSES_MODELS,
  'azure-openai': FOUNDRY_MODELS,
  bedrock: BEDROCK_MODELS,
  groq: GROQ_MODELS,
  'mistral-ai': MISTRAL_MODELS,
}
const YEAR_MS = 365 * 24 * 3_600_000

describe('the tables of models', () => {
  for (const [provider, rows] of Object.entries(TABLES)) {
    it(`${provider}: each row says where it was read, and when`, () => {
      for (const { models, source, date } of rows) {
        assert.notEqual(source, '', `${models}`)
        assert.match(date, /^20\d\d-[01]\d-[0-3]\d$/)
        assert(Date.parse(date) <= Date.now(), `${models} is of ${date}`)
      }
    })

    // Pending, so that they are seen: a row may be as true as ever.
    for (const { models, source, date } of rows) {
      if (Date.now() - Date.parse(date) > YEAR_MS)
        it(`${provider}: ${models} is of ${date}; to be read again: ${source}`)
    }
  }
})
