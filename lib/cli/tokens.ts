import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Who may use the program: a name by the hash of each token. */
export type Tokens = readonly { readonly name: string; readonly hash: Buffer }[]

/** Where the name stands in a request that was let in. */
export const CLIENT_HEADER = 'x-streamgate-client'

const VARIABLE = 'STREAMGATE_TOKENS'
const MIN_LENGTH = 16

/** `ada:a-token, bob:another`; undefined if the variable is not set. Throws an Error, which quotes no token. */
export function readTokens({ [VARIABLE]: text }: NodeJS.ProcessEnv): Tokens | undefined {
  const entries = (text ?? '').split(/[\s,]+/).filter(Boolean)
  if (text === undefined || text === '') return undefined
  const names = new Set<string>()
  const tokens = entries.map((entry) => {
    const [, name, token] = /^([\w.-]{1,64}):(.+)$/.exec(entry) ?? []
    if (name === undefined || token === undefined)
      throw new Error(`${VARIABLE} must be name:token, and so on by commas`)
    if (token.length < MIN_LENGTH)
      throw new Error(`${VARIABLE}: the token of ${name} is shorter than ${MIN_LENGTH} characters`)
    if (names.has(name)) throw new Error(`${VARIABLE}: ${name} stands there twice`)
    names.add(name)
    return { name, hash: hashOf(token) }
  })
  // As with a comma alone: all would be shut out.
  if (tokens.length === 0) throw new Error(`${VARIABLE} must be name:token, and so on by commas`)
  return tokens
}

/**
 * Lets a request in that has one of the tokens, as `authorization: Bearer` or as `x-api-key`. The token is taken out of the headers, so
 * that no provider gets it, and the name of its owner stands in `x-streamgate-client`. Returns whether it has one.
 */
export function admit(tokens: Tokens, headers: IncomingHttpHeaders): boolean {
  for (const [header, token] of [
    ['authorization', /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]],
    ['x-api-key', headers['x-api-key']],
  ] as const) {
    const name = typeof token === 'string' ? ownerOf(tokens, token) : undefined
    if (name === undefined) continue
    delete headers[header]
    headers[CLIENT_HEADER] = name
    return true
  }
  return false
}

/** Takes the same time whichever it is, and for none. */
function ownerOf(tokens: Tokens, token: string): string | undefined {
  const hash = hashOf(token)
  let owner: string | undefined
  for (const each of tokens) if (timingSafeEqual(each.hash, hash)) owner = each.name
  return owner
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
