import assert from 'node:assert/strict'
import { chat } from '../helpers/client.ts'
import { cleanup, gateway } from '../helpers/gateway.ts'
import { scripted } from '../helpers/upstream.ts'
import { bytesOf, describeRecorded, errorBodies } from './recordings.ts'
import { API_KEY, requestOf, targetOf } from './systems.ts'
import { assertHttpError } from './wire-rules.ts'

/** Status and code that a client gets, where the body tells more than its status. By a part of the file's name. */
const EXPECTED: Readonly<Record<string, readonly [status: number, code: string | null]>> = {
  // no such model, or no such deployment
  btpy__wrappers_test_anthropic_client_error: [404, 'model_not_found'],
  openllmetry__test_azure_test_chat_reasoning_1: [404, 'model_not_found'],
  // Azure's words for a wrong path.
  'ddjs__azure-openai_azure-openai_chat_completions': [404, null],
  openllmetry__test_agents_test_agent_with_multiple_tools: [404, 'model_not_found'],
  newrelic__mlmodel_gemini_cassette_5: [404, 'model_not_found'],
  pydanticai__test_groq_test_tool_regular_error: [404, 'model_not_found'],
  rig__response_identity_edge_blocking_error_carries: [404, 'model_not_found'],
  newrelic__mlmodel_openai_cassette_1: [404, 'model_not_found'],
  // keys
  rig__error_identity_edge_auth_rejection: [401, 'invalid_api_key'],
  rubyllm__chat_error_handling_with_cohere: [401, 'invalid_api_key'],
  newrelic__mlmodel_gemini_cassette_10: [401, 'invalid_api_key'],
  rubyllm__chat_error_handling_with_mistral: [401, 'invalid_api_key'],
  rig__response_identity_edge_blocking_unauthorized: [401, 'invalid_api_key'],
  newrelic__mlmodel_openai_cassette_2: [401, 'invalid_api_key'],
  newrelic__mlmodel_langchain_cassette_18: [401, 'invalid_api_key'],
  rubyllm__chat_error_handling_with_bedrock: [401, 'invalid_api_key'],
  // permissions
  'openinference__recordings_should-handle-mistral-pixtral-models': [403, null],
  langchaingo__googleai_TestGoogleAIErrorHandling: [403, null],
  // the prompt is too long
  'rubyllm__chat_real_error_scenarios_bedrock_claude-3-5-haiku': [400, 'context_length_exceeded'],
  rubyllm__chat_real_error_scenarios_bedrock_amazon: [400, 'context_length_exceeded'],
  rubyllm__chat_real_error_scenarios_cohere: [400, 'context_length_exceeded'],
  // limits and failures
  'rubyllm__chat_real_error_scenarios_mistral_mistral-small': [429, 'rate_limit_exceeded'],
  'rubyllm__chat_real_error_scenarios_mistral_ministral-3b': [500, null],
  // the request
  pydanticai__test_groq_test_tool_use_failed_error_with_text_0: [400, 'tool_use_failed'],
  'envoy__testopenai_chat-bad-request': [400, 'unsupported_parameter'],
}

describeRecorded('recorded error bodies through the gateway', () => {
  const opened = cleanup()

  for (const recording of errorBodies) {
    it(`${recording.file} becomes an error of OpenAI`, async () => {
      // Some providers repeat the key that they refuse, where the recorder put another in its place.
      const body = bytesOf(recording)
        .toString()
        .replace(/(key provided: )\w[^.]*/i, `$1${API_KEY}`)
      const headers = { 'content-type': recording.content_type ?? 'application/json' }
      const upstream = await opened(scripted({ status: recording.status, headers, chunks: [body] }))
      const { url } = await opened(gateway(targetOf(recording, upstream.url)))

      for (const stream of [true, false]) {
        const answer = await chat(url, { ...requestOf(recording, 1), stream })
        assertHttpError(answer)
        const { error } = JSON.parse(answer.body)
        const [, expected] = Object.entries(EXPECTED).find(([part]) => recording.file.includes(part)) ?? []
        assert.deepEqual([answer.status, error.code], expected ?? [recording.status, error.code], error.message)
        assert.doesNotMatch(error.message, /<\w+|[{}]/, 'the message is a sentence, not a body')
        assert.ok(!answer.body.includes(API_KEY), 'the key does not come back')
      }
    })
  }
})
