import { type UpstreamError, withApi } from '../../errors.ts'
import type { Endpoint } from '../../types/provider.ts'

/** A shorter secret would blank out innocent text. */
const SHORTEST_SECRET = 6

/** Characters of a provider's words that are passed on: a stream's error may be as long as its events may. */
const LONGEST = 2000

/** The failure without the secrets of the attempt, should the provider have quoted one, and in so many words at most. */
export function redacted(failure: UpstreamError, secrets: readonly (string | undefined)[]): UpstreamError {
  const long = secrets.filter((secret) => secret !== undefined && secret.length >= SHORTEST_SECRET) as string[]
  const { api } = failure
  const texts = [api.message, api.type, api.param, api.code]
  const isClean = (text: string | null) =>
    text === null || (text.length <= LONGEST && !long.some((secret) => text.includes(secret)))
  if (texts.every(isClean)) return failure
  const clean = (text: string) => long.reduce((rest, secret) => rest.replaceAll(secret, '***'), text).slice(0, LONGEST)
  return withApi(failure, {
    ...api,
    message: clean(api.message),
    type: clean(api.type),
    param: api.param && clean(api.param),
    code: api.code && clean(api.code),
  })
}

/** What no error message may quote. */
export function secretsOf({ apiKey, fields }: Endpoint): (string | undefined)[] {
  return [apiKey, fields.azure_ad_token, fields.aws_secret_access_key, fields.aws_session_token]
}
