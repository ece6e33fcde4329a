import type { IncomingHttpHeaders } from 'node:http'
import type { ResolvedTarget } from '../../config.ts'
import type { Dialect, ParsedRequest } from '../../dialects/dialect.ts'
import { forwardedMetadata } from '../../middleware/attempt/request/forwarded-metadata.ts'
import { targetModel } from '../../middleware/routing/target-model.ts'
import { DEFAULT_LIMITS } from '../../options.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { AwsCredentials, Endpoint, NativePassage } from '../../types/provider.ts'
import { DIALECTS, type RecordedDialect } from './dialects.ts'

/** What a client asks, and how one target is asked for it. */
export interface TargetRequest {
  readonly target: ResolvedTarget
  readonly dialect: Dialect
  readonly client: ParsedRequest
  /** As the target gets it. */
  readonly request: ChatRequest
  readonly endpoint: Endpoint
  /** Set: the request goes past the translations. */
  readonly passage: NativePassage | undefined
}

/** A request as a client sent it. */
export interface RawRequest {
  readonly name: RecordedDialect
  readonly body: unknown
  readonly headers: IncomingHttpHeaders
}

/** Reads a client's request. Nothing is kept of earlier answers. Rejects with RequestError. */
export async function readRawRequest({ name, body, headers }: RawRequest): Promise<ParsedRequest> {
  return DIALECTS[name].read(body, headers, { maxAnswerBytes: DEFAULT_LIMITS.maxAnswerBytes, items: () => undefined })
}

/** A request as the first attempt on this target would ask it. Rejects with RequestError. */
export async function targetRequest(
  target: ResolvedTarget,
  raw: RawRequest,
  endpoint: Endpoint,
): Promise<TargetRequest> {
  const client = await readRawRequest(raw)
  const { settings, fields } = target
  const { metadata, ...others } = client.request
  const merged: ChatRequest = {
    ...others,
    ...forwardedMetadata(metadata ?? {}, settings.forwardMetadata),
    ...settings.overrideParams,
    model: targetModel(target, others.model, false) ?? others.model,
    stream: true,
  }
  const request = merged.model === '' ? { ...merged, model: fields.deployment_id ?? '' } : merged
  const passage = passageOf(target, client, request, endpoint)
  if (passage === undefined && client.nativeOnly !== undefined) throw client.nativeOnly
  return { target, dialect: DIALECTS[raw.name], client, request, endpoint, passage }
}

/** The way past the translations, if the target speaks what the client speaks. */
export function passageOf(
  { provider, settings }: ResolvedTarget,
  { native }: ParsedRequest,
  request: ChatRequest,
  endpoint: Endpoint,
): NativePassage | undefined {
  if (native === undefined) return undefined
  const body = Object.freeze({ ...native.body, ...settings.overrideParams, model: request.model })
  return provider.native?.({ ...native, body }, request, endpoint)
}

/** The target, as far as its provider may know it: with keys of this machine, or else the client's, where it has none of its own. */
export function endpointOf(target: ResolvedTarget, own?: AwsCredentials, clientKey?: string): Endpoint {
  const { apiKey, customHost, settings } = target
  const { aws_session_token, ...others } = target.fields
  const fields =
    own === undefined
      ? target.fields
      : {
          ...others,
          aws_access_key_id: own.accessKeyId,
          aws_secret_access_key: own.secretAccessKey,
          ...(own.sessionToken !== undefined && { aws_session_token: own.sessionToken }),
        }
  const fetchMedia = () =>
    Promise.reject(new Error('Media are not fetched for a recording: put them into the request as data URLs.'))
  const { strict, finishReasons } = settings
  const inFields = fields.azure_ad_token !== undefined || fields.aws_secret_access_key !== undefined
  return { apiKey: apiKey ?? (inFields ? undefined : clientKey), customHost, fields, strict, finishReasons, fetchMedia }
}
