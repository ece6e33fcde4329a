import type { ResolvedTarget } from '../../config.ts'
import { RequestError, streamFailure } from '../../errors.ts'
import type { AttemptStart } from '../../options.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint } from '../../types/provider.ts'
import { observe } from '../observe.ts'
import { continuedRequest } from '../recovery/continued-request.ts'
import type { AttemptPlan, AttemptReport, RequestContext } from '../request-context.ts'
import { abortable } from './abortable.ts'
import { answer } from './answer.ts'
import { type AcceptedResponse, type Asked, ask, type RunningAttempt } from './ask.ts'
import { askAgain, type FittedRequest } from './ask-again.ts'
import { asFailure, timedOut } from './attempt-failures.ts'
import { AttemptRecord } from './attempt-record.ts'
import { type Deadlines, deadlines } from './deadlines.ts'
import { asksForJson } from './demands.ts'
import { endpointOf } from './endpoint.ts'
import { forwardedMetadata } from './forwarded-metadata.ts'
import { mediaFetcher } from './media.ts'
import { nativePassage } from './native-passage.ts'
import { redacted } from './redact.ts'
import { clientKeyOf } from './request-headers.ts'

/**
 * One attempt on one target: encode → upstream → stages → downstream, under its deadlines. Never rejects; when it resolves
 * the upstream is closed, or whole and left to end by itself.
 */
export async function attempt(
  context: RequestContext,
  target: ResolvedTarget,
  plan: AttemptPlan,
): Promise<AttemptReport> {
  const record = new AttemptRecord()
  const controller = new AbortController()
  const leave = () => controller.abort(streamFailure('truncated', 'The client left, or another attempt was faster.'))
  if (context.signal.aborted) leave()
  context.signal.addEventListener('abort', leave, { once: true })
  const clock = deadlines({ ...target.settings, totalTimeout: plan.totalTimeout }, (name, ms) =>
    controller.abort(timedOut(record.atWork, name, ms)),
  )
  beginAnswer(context, target, plan, record)

  const error = await run({ context, target, plan, record, clock, signal: controller.signal }).then(
    () => undefined,
    (thrown: unknown) => redacted(asFailure(thrown, target, context.options, record.atWork), record.secrets),
  )
  clock.stop()
  context.signal.removeEventListener('abort', leave)
  if (error !== undefined) controller.abort(error)
  return record.report(plan.start, error, context.signal.aborted)
}

/** Tells the client's side whose answer comes next. */
function beginAnswer(context: RequestContext, target: ResolvedTarget, plan: AttemptPlan, record: AttemptRecord): void {
  const { options } = context
  const { start, after, resume } = plan
  context.downstream.begin({
    ...{ attempt: start.attempt, provider: start.provider, after, resume },
    json: target.settings.failOn.includes('invalid_json') && asksForJson(context.request, target),
    headers: () => ({ ...record.headers, ...plan.headers() }),
    onResume(how) {
      record.resumed = how
      observe(options, () => options.onResume?.(start, how))
    },
  })
}

/** Resolves when the answer is whole, and at the client. */
async function run(running: RunningAttempt): Promise<void> {
  const { context, target, record, clock, signal } = running
  const endpoint = await abortable(endpointOf(context, target, mediaFor(context, clock, signal)), signal)
  record.secrets = secretsOf(endpoint)
  record.clientKey =
    target.apiKey === undefined && endpoint.apiKey !== undefined && endpoint.apiKey === clientKeyOf(context.headers)
  const { accepted, asked } = await askUntilFitted(running, endpoint)
  return answer(running, asked, accepted)
}

/** The response to the client's request as this target takes it, and what was asked. */
function askUntilFitted(running: RunningAttempt, own: Endpoint): Promise<{ accepted: AcceptedResponse; asked: Asked }> {
  const { context, target, plan, record } = running
  const { start, resume } = plan
  record.atWork = 'request'
  const merged = requestFor(context.request, target, start)
  const fresh = continuedRequest(merged, resume, target.settings.continueInstruction)
  const native = ({ api, stream, portable }: Pick<FittedRequest, 'api' | 'stream' | 'portable'>) => {
    const endpoint = { ...own, api, stream: stream || fresh.stream === true }
    return nativePassage(context, target, { request: fresh, endpoint, resume, portable })
  }
  return askAgain(
    { request: fresh, native, target, memory: context.memory, logger: context.options.logger },
    async ({ request, stream, api, fitted, lost }, passage) => {
      if (passage === undefined && context.nativeOnly !== undefined) throw context.nativeOnly
      const asked: Asked =
        passage === undefined
          ? { request, endpoint: { ...own, stream, api, fitted }, lost: [...context.lost, ...lost], passage }
          : { request: fresh, endpoint: own, lost: [], passage }
      return { accepted: await ask(running, asked), asked }
    },
  )
}

/** Made when it is first wanted: few requests have media. */
function mediaFor({ options, limits }: RequestContext, clock: Deadlines, signal: AbortSignal): Endpoint['fetchMedia'] {
  let fetcher: Endpoint['fetchMedia'] | undefined
  return (url) => {
    fetcher ??= mediaFetcher({
      limits,
      hosts: { allowPrivateHosts: options.requestConfig?.allowPrivateHosts ?? false },
      signal,
      // The provider cannot be blamed for this time, which has a limit of its own.
      onFetch: clock.connected,
    })
    return fetcher(url)
  }
}

/** What no error message may quote. */
export function secretsOf({ apiKey, fields }: Endpoint): (string | undefined)[] {
  return [apiKey, fields.azure_ad_token, fields.aws_secret_access_key, fields.aws_session_token]
}

function requestFor(
  { metadata: _, ...request }: ChatRequest,
  { settings, fields }: ResolvedTarget,
  { metadata, model }: Pick<AttemptStart, 'metadata' | 'model'>,
): ChatRequest {
  const merged: ChatRequest = {
    ...request,
    ...forwardedMetadata(metadata, settings.forwardMetadata),
    ...settings.overrideParams,
    model,
  }
  if (model !== '') return merged
  if (fields.deployment_id !== undefined) return { ...merged, model: fields.deployment_id }
  throw new RequestError("You must provide a 'model' parameter.", { param: 'model' })
}
