import { isObject, type Json, list, object, objects, text } from './json.ts'
import { jsonText } from './openai/fields.ts'

/** What an error's body says. Texts are empty where it has none. */
export interface ErrorFields {
  message: string
  type: string
  code: string
  param: string
  /** The HTTP status that the body itself names. */
  status?: number | undefined
}

/** A body as JSON, or else as its text; undefined for a page of HTML. */
export function parsedBody(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body.trimStart().startsWith('<') ? undefined : body.trim()
  }
}

/**
 * Reads an error in any form that servers have, and relays in front of any provider: `{error:{…}}`, `{error:"…"}`, one within
 * another, `{errors:[…]}` or a list itself, Mistral's flat object and its `{detail:…}`, the Azure gateway's
 * `{statusCode,message}`, plain text.
 *
 * @example errorFields({ detail: 'No such route' }).message // 'No such route'
 */
export function errorFields(value: unknown): ErrorFields {
  const outer = Array.isArray(value) ? value[0] : value
  if (!isObject(outer)) return { message: text(outer), type: '', code: '', param: '' }
  const [first] = list(outer.errors)
  const error = [outer.error, first].find(isObject) ?? outer
  const inner = isObject(error.error) ? error.error : error
  const rejected = rejections(inner.detail ?? inner.details ?? object(inner.message).detail)
  const message = [...WORDS.map((name) => inner[name]), error.error, outer.error, outer.detail, first]
    .map(text)
    .find((words) => words !== '')
  const innerError = object(inner.innererror)
  return {
    message: [message, ...rejected.map(({ text }) => text)].filter(Boolean).join('; ') || foreignWords(inner.message),
    type: text(inner.type),
    code: innerError.code === 'ResponsibleAIPolicyViolation' ? 'content_filter' : codeText(inner.code),
    param: text(inner.param) || rejected[0]?.param || '',
    status: [inner, error, outer].flatMap(statuses).find((status) => status !== undefined),
  }
}

function foreignWords(message: unknown): string {
  return (isTold(message) && jsonText(message)) || ''
}

const WORDS = ['message', 'msg', 'error_message']

/** Whether this is an error's whole body, without an `error` around it, in place of an event. */
export function isErrorBody(body: Json): boolean {
  if (body.id !== undefined || body.choices !== undefined) return false
  return WORDS.some((name) => text(body[name]) !== '') || body.detail !== undefined || list(body.errors).length > 0
}

/** Whether the value of an `error` is one: some servers have it in every event, empty. */
export function isTold(error: unknown): boolean {
  return Boolean(error) && !(isObject(error) && Object.keys(error).length === 0)
}

/** Compatible servers send numbers where OpenAI sends names. */
function codeText(value: unknown): string {
  return typeof value === 'number' ? String(value) : text(value)
}

/** FastAPI's list of what was wrong where, which Mistral and models hosted on Azure answer with. */
function rejections(value: unknown): { text: string; param: string }[] {
  return objects(value)
    .filter(({ loc, msg }) => loc !== undefined || msg !== undefined)
    .slice(0, 5)
    .map(({ loc, msg }) => {
      const steps = list(loc).map(codeText)
      const param = steps.filter((step) => step !== '' && step !== 'body').join('.')
      return { param, text: `${param}: ${text(msg) || 'invalid'}` }
    })
}

function statuses(fields: Json): (number | undefined)[] {
  return [fields.status_code, fields.statusCode, fields.raw_status_code, fields.status, fields.code].map((value) => {
    const status = Number(codeText(value))
    return Number.isInteger(status) && status >= 400 && status <= 599 ? status : undefined
  })
}
