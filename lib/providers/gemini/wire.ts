/** The request's types. Source: ai.google.dev/api/generate-content; camelCase throughout. */

/** The Gemini API (AI Studio) or Vertex AI: the same dialect but for a few fields. */
export type Platform = 'studio' | 'vertex'

export interface MediaPart {
  inlineData?: { mimeType: string; data: string }
  fileData?: { mimeType?: string; fileUri: string }
}

export interface Part extends MediaPart {
  text?: string
  functionCall?: { id?: string; name: string; args: Record<string, unknown> }
  functionResponse?: { id?: string; name: string; response: Record<string, unknown>; parts?: MediaPart[] }
  thoughtSignature?: string
}

export interface Content {
  role: 'user' | 'model'
  parts: Part[]
}

export interface FunctionDeclaration {
  name: string
  description?: string | undefined
  /** JSON Schema. */
  parametersJsonSchema?: unknown
  /** Google's own subset of OpenAPI; in place of the above. */
  parameters?: unknown
}

/** Functions, or one of Gemini's own tools with its options. */
export type GeminiTool =
  | { functionDeclarations: FunctionDeclaration[] }
  | Record<string, Readonly<Record<string, unknown>>>

export interface ToolConfig {
  functionCallingConfig: { mode: 'AUTO' | 'ANY' | 'NONE' | 'VALIDATED'; allowedFunctionNames?: string[] }
  includeServerSideToolInvocations?: true
}

export interface ThinkingConfig {
  includeThoughts?: true
  thinkingBudget?: number
  thinkingLevel?: string
}

/** Keys whose value is undefined are not sent. */
export interface GeminiBody {
  contents: Content[]
  systemInstruction: { parts: Part[] } | undefined
  tools: GeminiTool[] | undefined
  toolConfig: ToolConfig | undefined
  labels: Record<string, string> | undefined
  serviceTier: 'standard' | 'flex' | 'priority' | undefined
  store: boolean | undefined
  generationConfig: {
    candidateCount: number | undefined
    maxOutputTokens: number | undefined
    temperature: number | undefined
    topP: number | undefined
    topK: number | undefined
    stopSequences: string[] | undefined
    seed: number | undefined
    presencePenalty: number | undefined
    frequencyPenalty: number | undefined
    responseLogprobs: true | undefined
    logprobs: number | undefined
    responseModalities: string[] | undefined
    responseMimeType: 'application/json' | undefined
    responseJsonSchema: unknown
    responseSchema: unknown
    thinkingConfig: ThinkingConfig | undefined
  }
}
