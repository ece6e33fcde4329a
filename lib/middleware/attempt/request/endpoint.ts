import type { ResolvedTarget } from '../../../config.ts'
import type { Credentials } from '../../../options.ts'
import type { AwsCredentials, Endpoint, ProviderFields } from '../../../types/provider.ts'
import type { RequestContext } from '../../request-context.ts'
import { usableCredentials } from './credentials.ts'
import { clientKeyOf } from './request-headers.ts'

/**
 * What the provider may know of its target. The key is what `credentials` answers, else the config's, else what the provider
 * finds on this machine. The client's token is for a target that has none of these, and never for any other; a target that
 * the client itself named gets nothing of ours. A promise only where somebody has to be asked.
 */
export function endpointOf(
  { options, headers, operated }: Pick<RequestContext, 'options' | 'headers' | 'operated'>,
  target: ResolvedTarget,
  fetchMedia: Endpoint['fetchMedia'],
): Endpoint | Promise<Endpoint> {
  const { name, provider, fields, customHost, settings, apiKey } = target
  const inFields = fields.azure_ad_token !== undefined || fields.aws_secret_access_key !== undefined
  const endpoint = { customHost, fields, strict: settings.strict, finishReasons: settings.finishReasons, fetchMedia }

  const withKey = (own: Credentials | undefined): Endpoint => {
    if (typeof own === 'object') return { ...endpoint, apiKey: undefined, fields: withKeys(fields, own) }
    return { ...endpoint, apiKey: inFields ? own : (own ?? clientKeyOf(headers)) }
  }
  const ask = async (): Promise<Endpoint> => {
    const answer = await options.credentials?.({ name, fields, provider: provider.name })
    const given = usableCredentials(answer, name) ?? apiKey
    return withKey(given ?? (inFields ? undefined : await provider.ownCredentials?.()))
  }
  const mayBeFound = apiKey === undefined && !inFields && provider.ownCredentials !== undefined
  return operated && (options.credentials !== undefined || mayBeFound) ? ask() : withKey(apiKey)
}

/** A session token belongs to the keys it came with. */
function withKeys(
  { aws_session_token: _, ...fields }: ProviderFields,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
): ProviderFields {
  return {
    ...fields,
    aws_access_key_id: accessKeyId,
    aws_secret_access_key: secretAccessKey,
    ...(sessionToken !== undefined && { aws_session_token: sessionToken }),
  }
}
