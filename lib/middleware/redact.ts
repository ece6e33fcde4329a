import { UpstreamError } from '../errors.ts'

/** A shorter secret would blank out innocent text. */
const SHORTEST_SECRET = 6

/** The failure without the secrets of the attempt, should the provider have quoted one. */
export function redacted(failure: UpstreamError, secrets: readonly (string | undefined)[]): UpstreamError {
  const long = secrets.filter((secret) => secret !== undefined && secret.length >= SHORTEST_SECRET) as string[]
  const { kind, api, cause, status, headers, shouldRetry } = failure
  const texts = [api.message, api.type, api.param, api.code]
  if (!long.some((secret) => texts.some((text) => text?.includes(secret)))) return failure
  const clean = (text: string) => long.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
  return new UpstreamError(
    kind,
    {
      ...api,
      message: clean(api.message),
      type: clean(api.type),
      param: api.param && clean(api.param),
      code: api.code && clean(api.code),
    },
    { cause, headers, ...(status !== undefined && { status }), ...(shouldRetry !== undefined && { shouldRetry }) },
  )
}
