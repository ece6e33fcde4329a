import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

interface AwsRequest {
  method: string
  hostname: string
  port?: number
  path: string
  headers: Record<string, string>
  body?: unknown
}

/** The SDK's own handler speaks HTTP/2 and signs `:authority`; behind most proxies, as here, it is HTTP/1.1 and `host`. */
const http1 = {
  metadata: { handlerProtocol: 'http/1.1' },
  async handle({ method, hostname, port, path, headers, body }: AwsRequest) {
    const request = http.request({ method, hostname, port, path, headers, agent: false })
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return { response: { statusCode: response.statusCode, headers: response.headers, body: response } }
  },
}

/** The official client, at a server of ours. */
export function bedrockClient(endpoint: string, sessionToken?: string): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    endpoint,
    region: 'us-east-1',
    credentials: { ...CREDENTIALS, ...(sessionToken && { sessionToken }) },
    maxAttempts: 1,
    requestHandler: http1,
  })
}
