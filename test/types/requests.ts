import type { MessageCreateParamsStreaming } from '@anthropic-ai/sdk/resources/messages'
import type { ConverseStreamRequest } from '@aws-sdk/client-bedrock-runtime'
import type { Content, GenerateContentConfig, GenerationConfig, SafetySetting, Tool, ToolConfig } from '@google/genai'
import type { ChatCompletionStreamRequest$Outbound } from '@mistralai/mistralai/models/components/chatcompletionstreamrequest.js'
import type { Cohere } from 'cohere-ai'
import type { ChatCompletionCreateParamsStreaming as GroqRequest } from 'groq-sdk/resources/chat/completions'
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions'
import type { CompletionCreateParamsStreaming } from 'together-ai/resources/chat/completions'
import type { Optional, Snake, Wire } from './wire.ts'

/** The body of a request to each system, as its official SDK has it. */
export interface Requests {
  openai: ChatCompletionCreateParamsStreaming
  'azure-openai': ChatCompletionCreateParamsStreaming
  groq: GroqRequest
  /** The SDK does not know `stream_options`, which Together's users send, and has a call in place of a choice. */
  'together-ai': Omit<CompletionCreateParamsStreaming, 'tool_choice'> & {
    stream_options?: { include_usage: boolean }
    tool_choice?: string | { type: 'function'; function: { name: string } }
  }
  /** The SDK sends these two always, each with its default. */
  'mistral-ai': Optional<ChatCompletionStreamRequest$Outbound, 'prefix' | 'index'>
  /** The SDK speaks the newest version of the API; ours, 2023-06-01, still takes these of the older models. */
  anthropic: MessageCreateParamsStreaming & Sampling
  google: GeminiRequest
  'vertex-ai': GeminiRequest
  /** cohere-ai does not export the types of its wire; their names are those of the others in snake_case. */
  cohere: Snake<Cohere.V2ChatStreamRequest> & { stream: true }
  'cohere v1': Snake<Omit<Cohere.ChatStreamRequest, 'accepts'>> & { stream: true }
  /** The model is in the path. */
  bedrock: Wire<Omit<ConverseStreamRequest, 'modelId'>>
  /** As @anthropic-ai/bedrock-sdk sends it. */
  'bedrock invoke': Omit<MessageCreateParamsStreaming, 'model' | 'stream'> & Sampling & { anthropic_version: string }
}

interface Sampling {
  temperature?: number
  top_p?: number
  top_k?: number
}

/** @google/genai has one flat config; in the REST API it is divided. */
interface GeminiRequest
  extends Pick<Wire<GenerateContentConfig>, 'cachedContent' | 'labels' | 'serviceTier' | 'store'> {
  contents: Wire<Content>[]
  systemInstruction?: Wire<Content>
  tools?: Wire<Tool>[]
  toolConfig?: Wire<ToolConfig>
  safetySettings?: Wire<SafetySetting>[]
  generationConfig?: Omit<Wire<GenerationConfig>, 'thinkingConfig'> & { thinkingConfig?: Thinking }
}

/** Levels are sent in small letters, as Google's documentation has them; the SDK has them in capitals. */
type Thinking = Omit<NonNullable<GenerationConfig['thinkingConfig']>, 'thinkingLevel'> & {
  thinkingLevel?: 'minimal' | 'low' | 'medium' | 'high' | 'xhigh'
}
