import { RequestError } from '../../errors.ts'
import type { Endpoint } from '../../types/provider.ts'
import { regionOf } from './endpoint.ts'
import type { SigningRequest } from './sign.ts'

/** The service that Bedrock's signatures name: not that of its host. */
const SERVICE = 'bedrock'

/**
 * The request's headers with what proves who asks. A target's access key comes before `apiKey`, which may be no more than
 * the token with which the client came to us.
 */
export async function authorize(
  request: SigningRequest,
  model: string,
  endpoint: Endpoint,
): Promise<Record<string, string>> {
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey, aws_session_token } = endpoint.fields
  if (accessKeyId && secretAccessKey) {
    const region = regionOf(model, endpoint)
    const { signedHeaders } = await import('./sign.ts')
    return signedHeaders(request, {
      accessKeyId,
      secretAccessKey,
      sessionToken: aws_session_token,
      region,
      service: SERVICE,
    })
  }
  if (endpoint.apiKey) return { ...request.headers, authorization: `Bearer ${endpoint.apiKey}` }
  if (endpoint.customHost) return { ...request.headers }
  const message =
    'Bedrock needs aws_access_key_id and aws_secret_access_key, a Bedrock API key, or the package ' +
    '@aws-sdk/credential-provider-node, which finds the credentials of this machine.'
  throw new RequestError(message, { status: 401, code: 'invalid_api_key' })
}
