import type { ResolvedTarget } from '../../config.ts'
import type { AwsCredentials } from '../../types/provider.ts'

/** Headers whose values tell nothing of who asked. */
const HARMLESS =
  /^(content-type|content-length|content-encoding|transfer-encoding|accept|accept-encoding|connection|server|via|anthropic-(version|beta)|openai-(version|processing-ms)|retry-after(-ms)?|x-should-retry|(x-|anthropic-)?ratelimit-.+|x-amzn-(errortype|bedrock-.+)|x-amz-content-sha256|cf-cache-status)$/

/** The headers, with `***` for what could tell who asked. */
export function scrubHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, HARMLESS.test(name.toLowerCase()) ? String(value) : '***']),
  )
}

/** A shorter one would blank out innocent text. */
const SHORTEST_SECRET = 6

/** `clientKey`: that of the client, for a target that has none of its own. */
export function secretsOf(
  { apiKey, fields }: ResolvedTarget,
  own: AwsCredentials | undefined,
  clientKey?: string,
): string[] {
  const { azure_ad_token, aws_access_key_id, aws_secret_access_key, aws_session_token } = fields
  const found = [own?.accessKeyId, own?.secretAccessKey, own?.sessionToken]
  const all = [apiKey, clientKey, azure_ad_token, aws_access_key_id, aws_secret_access_key, aws_session_token, ...found]
  return all.filter((secret): secret is string => secret !== undefined && secret.length >= SHORTEST_SECRET)
}

/** Bytes of the same length without the secrets, so that what counts bytes still fits. */
export function scrubBytes(bytes: Buffer, secrets: readonly string[]): Buffer {
  const clean = Buffer.from(bytes)
  for (const secret of secrets) {
    for (const form of [secret, encodeURIComponent(secret)]) {
      for (let at = clean.indexOf(form); at !== -1; at = clean.indexOf(form, at)) clean.fill('*', at, at + form.length)
    }
  }
  return clean
}

export function scrubText(text: string, secrets: readonly string[]): string {
  return scrubBytes(Buffer.from(text), secrets).toString()
}
