import type { IncomingHttpHeaders } from 'node:http'
import { chatCompletions } from './chat-completions.ts'
import { completions } from './completions.ts'
import type { Dialect } from './dialect.ts'
import { messages } from './messages.ts'
import { responses } from './responses.ts'

/** The longer of two paths with one end comes first. */
const DIALECTS: readonly Dialect[] = [chatCompletions, completions, messages, responses]

/** What clients post chats to. */
export const DIALECT_PATHS: readonly string[] = DIALECTS.map(({ path }) => path)

const BY_PATH = new Map(DIALECTS.map((dialect) => [dialect.path as string, dialect]))

/** The dialect of a POST to this URL, as the middleware's mount left it. Where nothing is mounted, `/v1` may stand in front. */
export function dialectAt(url: string): Dialect | undefined {
  return BY_PATH.get(pathOf(url).replace(/^\/v1(?=\/)/, ''))
}

/** Paths of other APIs with an end like that of a dialect's: OpenAI's Assistants, Mistral's FIM. */
const OTHER_APIS = /\/(threads\/[^/]+\/messages|fim\/completions)$/

/** The dialect of a POST to this URL, whatever stands before the path. */
export function dialectIn(url: string): Dialect | undefined {
  const path = pathOf(url)
  return OTHER_APIS.test(path) ? undefined : DIALECTS.find((dialect) => path.endsWith(dialect.path))
}

/** What stands below the path of Messages, such as `/messages/batches`. */
const BELOW_MESSAGES = /(?<!\/threads\/[^/]+)\/messages\//

/**
 * In whose words a request is told of an error, whatever is at its URL, and whatever stands before the path: those of the path's
 * dialect. Where the path has none, `anthropic-version` tells a client of Anthropic's; all others know OpenAI's.
 */
export function errorWordsFor(url: string, headers: IncomingHttpHeaders): Pick<Dialect, 'failure' | 'headers'> {
  const own = dialectIn(url)
  if (own !== undefined) return own
  const isOfMessages = BELOW_MESSAGES.test(pathOf(url)) || headers['anthropic-version'] !== undefined
  return isOfMessages ? messages : chatCompletions
}

function pathOf(url: string): string {
  const [path = ''] = url.split('?', 1)
  return path.endsWith('/') ? path.slice(0, -1) : path
}
