/**
 * `streamgate/provider`: what the author of a provider needs. A provider is a literal with `encode`, `framing`, `decoder` and
 * `error`, or `openaiCompatible` with what differs from OpenAI; a config names it as its key in `options.providers`.
 */
export type { FailureKind } from './errors.ts'
export { apiError, inBandFailure, parseJson, RequestError, streamFailure, UpstreamError } from './errors.ts'
export { argumentsObject, dataUrl, maxTokens, stopList, textOf } from './providers/content.ts'
export { droppedParams, type ParamLocations } from './providers/dropped.ts'
export { type Dialect, openaiCompatible } from './providers/openai.ts'
export { withInlineMedia } from './providers/remote-media.ts'
export type {
  AssistantMessage,
  AudioPart,
  ChatRequest,
  CustomTool,
  FilePart,
  FunctionTool,
  ImagePart,
  Message,
  NativeTool,
  RefusalPart,
  ResponseFormat,
  SystemMessage,
  TextPart,
  Tool,
  ToolCall,
  ToolChoice,
  ToolMessage,
  UserMessage,
  UserPart,
} from './types/chat.ts'
export type { Annotation, FinishReason, Logprobs, TokenLogprob, Usage } from './types/chunk.ts'
export type {
  ApiError,
  AwsCredentials,
  ChunkInit,
  Decoder,
  Endpoint,
  Framing,
  HttpRequest,
  PlainText,
  Provider,
  ProviderFields,
  ToolCallDelta,
  WireEvent,
} from './types/provider.ts'
