import type { ChatRequest } from '../types/chat.ts'

/** The schema asked for, if one is. */
export function jsonSchema({ response_format: format }: ChatRequest): Record<string, unknown> | undefined {
  return format?.type === 'json_schema' ? format.json_schema.schema : undefined
}

/** Asks in words for the JSON that a request wants, where the model has no field for that. */
export function jsonInstruction(request: ChatRequest): string {
  const schema = jsonSchema(request)
  const only = 'Answer with one JSON object and nothing else: no prose and no code fence around it.'
  return schema === undefined ? only : `${only} It must fit this JSON Schema: ${JSON.stringify(schema)}`
}
