import type { Readable } from 'node:stream'
import type { ResolvedTarget } from '../../config.ts'
import { createUpstream } from '../../middleware/attempt/connection/upstream.ts'
import { decompression } from '../../middleware/attempt/response/decompression.ts'
import { DEFAULT_LIMITS } from '../../options.ts'
import type { AwsCredentials, HttpRequest } from '../../types/provider.ts'
import type { TargetRequest } from './target-request.ts'

/** One answer of a provider, as it came. */
export interface Captured {
  readonly sent: HttpRequest
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The body in the pieces of the network, decompressed if need be. */
  readonly pieces: readonly Buffer[]
  readonly ended: 'end' | 'cut'
}

/** Sends a request to its target, as an attempt would, and reads the answer. Rejects if there is none, or if it is too long. */
export async function capture(
  { target, request, endpoint, passage }: TargetRequest,
  signal: AbortSignal,
): Promise<Captured> {
  const sent = await (passage === undefined ? target.provider.encode(request, endpoint) : passage.encode())
  const upstream = createUpstream()
  try {
    const response = await upstream.send({ ...sent, body: Buffer.from(sent.body) }, signal, {
      connecting() {},
      connected() {},
    })
    const [stage] = decompression(response.headers['content-encoding'])
    const body = stage === undefined ? response : response.pipe(stage)
    // Without it a break would leave the decompression waiting for more.
    if (stage !== undefined) response.once('close', () => stage.end())
    const { pieces, whole } = await read(body)
    signal.throwIfAborted()
    const ended = whole && response.complete ? 'end' : 'cut'
    return { sent, status: response.statusCode ?? 0, headers: response.headers, pieces, ended }
  } finally {
    upstream.close()
  }
}

/** What this machine has for a target that was given no key. */
export async function ownCredentials({
  apiKey,
  fields,
  provider,
}: ResolvedTarget): Promise<AwsCredentials | undefined> {
  const given = apiKey ?? fields.azure_ad_token ?? fields.aws_secret_access_key
  return given === undefined ? provider.ownCredentials?.() : undefined
}

async function read(body: Readable): Promise<{ pieces: Buffer[]; whole: boolean }> {
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of body) {
      pieces.push(piece as Buffer)
      size += (piece as Buffer).length
      if (size > DEFAULT_LIMITS.maxAnswerBytes) break
    }
  } catch {
    return { pieces, whole: false }
  }
  if (size > DEFAULT_LIMITS.maxAnswerBytes) {
    throw new Error(`the answer has more than ${DEFAULT_LIMITS.maxAnswerBytes} bytes, nothing was written`)
  }
  return { pieces, whole: true }
}
