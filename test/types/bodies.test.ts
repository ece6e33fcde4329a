import assert from 'node:assert/strict'
import type { MessagesBody } from '../../lib/providers/anthropic/wire.ts'
import type { converseBody } from '../../lib/providers/bedrock/request.ts'
import type { bodyV1 } from '../../lib/providers/cohere/request-v1.ts'
import type { bodyV2 } from '../../lib/providers/cohere/request-v2.ts'
import type { GeminiBody } from '../../lib/providers/gemini/wire.ts'
import type { Requests } from './requests.ts'
import type { Fits, Foreign, Free, Less, Sent } from './wire.ts'

/*
 * What is loose in our own types cannot be held against the SDKs': fields that only the client vouches for, schemas, and
 * the bodies of OpenAI's dialects, which are the client's own with changes. Those are checked by example, in
 * samples.test.ts.
 */

type Gemini = Less<Sent<GeminiBody>, Requests['google'], 'safetySettings'>
type LooseInGemini = 'parameters' | 'responseSchema' | 'responseModalities' | 'thinkingLevel'

type CohereV2 = Less<
  Sent<ReturnType<typeof bodyV2>>,
  Requests['cohere'],
  'documents' | 'citation_options' | 'safety_mode'
>
type CohereV1 = Less<
  Sent<ReturnType<typeof bodyV1>>,
  Requests['cohere v1'],
  'documents' | 'connectors' | 'max_input_tokens' | 'raw_prompting' | 'force_single_step' | 'safety_mode'
>

type Converse = Sent<ReturnType<typeof converseBody>>

const FITS: {
  anthropic: Fits<MessagesBody, Requests['anthropic']>
  google: Fits<Gemini, Free<Requests['google'], LooseInGemini>>
  cohere: Fits<CohereV2, Requests['cohere']>
  'cohere v1': Fits<CohereV1, Requests['cohere v1']>
  bedrock: Fits<Converse, Free<Requests['bedrock'], 'format'>>
} = { anthropic: true, google: true, cohere: true, 'cohere v1': true, bedrock: true }

/** What the check says of names that an SDK does not know, at any depth. */
const MISNAMED: {
  anthropic: Foreign<{ max_tokens: 1; messages: { role: 'user'; contents: string }[] }, Requests['anthropic']>
  google: Foreign<{ generationConfig: { maxTokens?: 1; topP: 1 } }, Requests['google']>
  cohere: Foreign<{ maxTokens: 1; tools: { function: { name: 'f'; params: object } }[] }, Requests['cohere']>
  'cohere v1': Foreign<{ chat_history: { text: string }[] }, Requests['cohere v1']>
  bedrock: Foreign<{ inferenceConfig: { max_tokens: 1 }; messages: { content: { txt: '' }[] }[] }, Requests['bedrock']>
}[] = [
  {
    anthropic: 'messages.contents',
    google: 'generationConfig.maxTokens',
    cohere: 'maxTokens',
    'cohere v1': 'chat_history.text',
    bedrock: 'inferenceConfig.max_tokens',
  },
  {
    anthropic: 'messages.contents',
    google: 'generationConfig.maxTokens',
    cohere: 'tools.function.params',
    'cohere v1': 'chat_history.text',
    bedrock: 'messages.content.txt',
  },
]

describe('the bodies that we build', () => {
  it("fit the official SDKs' types, at compile time", () => assert(Object.values(FITS).every(Boolean)))
  it('would not, with a name that is wrong', () => assert.equal(MISNAMED.length, 2))
})
