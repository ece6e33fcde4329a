import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint } from '../../types/provider.ts'
import { bodyV1 } from '../cohere/request-v1.ts'
import { maxTokens, stopList } from '../content.ts'
import { without } from '../openai/fields.ts'
import { openaiBody, systemRole } from '../openai/request.ts'
import { functionTools } from '../openai/tools.ts'
import { ANTHROPIC_VERSION, betas, nativeBody } from './claude.ts'
import { llamaPrompt, mistralPrompt, titanPrompt } from './prompts.ts'

/*
 * The bodies of InvokeModelWithResponseStream: what a model's own API takes, without `model` and mostly without `stream`,
 * which stands in the path. Fields that are undefined are not sent.
 */

/** Source: @anthropic-ai/bedrock-sdk `client.ts`. A ban on parallel calls is not accepted. */
export function claudeBody(request: ChatRequest, endpoint: Endpoint): object {
  const native = nativeBody(request)
  const { tool_choice: choice } = native
  return {
    anthropic_version: ANTHROPIC_VERSION,
    ...betas(endpoint),
    ...without({ ...native }, ['model', 'stream', 'service_tier', 'tool_choice']),
    tool_choice: choice && without({ ...choice }, ['disable_parallel_tool_use']),
  }
}

/** Source: docs.aws.amazon.com/bedrock, OpenAI models. */
export function gptOssBody(request: ChatRequest): object {
  return without(openaiBody(request), ['model'])
}

/** The fields that the copies of OpenAI's API have in common. */
export function chatBody(request: ChatRequest): object {
  return {
    messages: openaiBody(request).messages.map(systemRole),
    max_tokens: maxTokens(request),
    temperature: request.temperature,
    top_p: request.top_p,
    stop: stopList(request),
    ...without({ ...functionTools(request, 'Bedrock') }, ['parallel_tool_calls']),
  }
}

export function cohereBody(request: ChatRequest): object {
  return without(bodyV1(request), ['model', 'stream'])
}

/** Source: docs.aws.amazon.com/bedrock, Meta Llama models. */
export function llamaBody(request: ChatRequest): object {
  return {
    prompt: llamaPrompt(request),
    max_gen_len: maxTokens(request),
    temperature: request.temperature == null ? undefined : Math.min(request.temperature, 1),
    top_p: request.top_p ?? undefined,
  }
}

/** Source: docs.aws.amazon.com/bedrock, Mistral AI text completion. */
export function mistralTextBody(request: ChatRequest): object {
  return {
    prompt: mistralPrompt(request),
    max_tokens: maxTokens(request),
    temperature: request.temperature == null ? undefined : Math.min(request.temperature, 1),
    top_p: request.top_p ?? undefined,
    top_k: request.top_k ?? undefined,
    stop: stopList(request),
  }
}

/** Source: docs.aws.amazon.com/bedrock, Amazon Titan Text models. */
export function titanBody(request: ChatRequest): object {
  return {
    inputText: titanPrompt(request),
    textGenerationConfig: {
      maxTokenCount: maxTokens(request),
      temperature: request.temperature == null ? undefined : Math.min(request.temperature, 1),
      topP: request.top_p ?? undefined,
      stopSequences: stopList(request),
    },
  }
}
