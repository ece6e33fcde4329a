import type { ChatRequest } from '../../types/chat.ts'
import { isObject, type Json, object } from '../json.ts'
import { mergedFields, namedField } from '../native-fields.ts'
import type { GeminiBody } from './wire.ts'

/** Fields of Gemini's own at the top of its body, by the names that clients give them. Source: ai.google.dev/api/generate-content. */
const TOP = {
  safetySettings: ['safetySettings', 'safety_settings'],
  cachedContent: ['cachedContent', 'cached_content'],
  labels: ['labels'],
  modelArmorConfig: ['modelArmorConfig', 'model_armor_config'],
}
const GENERATION = ['generationConfig', 'generation_config']
const THINKING = ['thinkingConfig', 'thinking_config']
const TOOLS = ['toolConfig', 'tool_config']

/** Locations in the body of the names under which clients write them. */
export const NATIVE_LOCATIONS: Readonly<Record<string, string[]>> = Object.fromEntries([
  ...Object.entries(TOP).flatMap(([name, names]) => names.map((each) => [each, [name]])),
  ...GENERATION.map((name) => [name, ['generationConfig']]),
  ...THINKING.map((name) => [name, ['generationConfig.thinkingConfig']]),
  ...TOOLS.map((name) => [name, ['toolConfig']]),
])

/**
 * The body with the client's own fields of Gemini, also from `extra_body.google`, as Google's OpenAI endpoint takes them. Objects are
 * joined with ours, and the client's fields win; `thinkingConfig`, where two ways of saying it exclude each other, is its alone.
 */
export function withNativeFields({ ...body }: GeminiBody, request: ChatRequest): Json {
  const given: ChatRequest = { ...object(object(request.extra_body).google), ...request }
  const { thinkingConfig, ...generation } = camelCase(namedField(given, ...GENERATION))
  const thinking = thinkingConfig ?? namedField(given, ...THINKING)
  const generationConfig = mergedFields({ ...body.generationConfig }, generation)
  const tools = namedField(given, ...TOOLS)
  return {
    ...body,
    generationConfig: { ...generationConfig, ...(isObject(thinking) && { thinkingConfig: camelCase(thinking) }) },
    toolConfig: tools === undefined ? body.toolConfig : mergedFields({ ...body.toolConfig }, camelCase(tools)),
    ...Object.fromEntries(
      Object.entries(TOP).flatMap(([name, names]) => {
        const value = namedField(given, ...names)
        return isKind(name, value) ? [[name, value]] : []
      }),
    ),
  }
}

/** Whether a value can be meant: what is of another kind would fail the whole request. */
function isKind(name: string, value: unknown): boolean {
  if (name === 'safetySettings') return Array.isArray(value)
  return name === 'cachedContent' ? typeof value === 'string' : isObject(value)
}

/** Google takes both ways of writing a name, but not one field under two. */
function camelCase(value: unknown): Json {
  return Object.fromEntries(
    Object.entries(object(value)).map(([name, each]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      each,
    ]),
  )
}
