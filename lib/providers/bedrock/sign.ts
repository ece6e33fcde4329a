import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'

export interface SigningRequest {
  method: string
  url: URL
  /** Lower case. All of them are signed, and `host` with them. */
  headers: Readonly<Record<string, string>>
  /** The exact text that is sent. */
  body: string
}

interface SigningScope {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string | undefined
  region: string
  service: string
}

/**
 * The headers of an AWS Signature Version 4 request: the given ones, `authorization`, `x-amz-date`,
 * `x-amz-content-sha256` and, with a session token, `x-amz-security-token`. The path is signed encoded once more than it
 * is sent, as every service but S3 demands.
 */
export async function signedHeaders(
  { method, url, headers, body }: SigningRequest,
  { region, service, accessKeyId, secretAccessKey, sessionToken }: SigningScope,
): Promise<Record<string, string>> {
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256 })
  const request = {
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...headers, host: url.host },
    body,
  }
  const { headers: signed } = await signer.sign(request)
  const { host: _, ...sent } = signed
  return sent
}
