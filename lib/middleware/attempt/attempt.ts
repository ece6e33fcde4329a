import type { ResolvedTarget } from '../../config.ts'
import { streamFailure, type UpstreamError } from '../../errors.ts'
import type { Endpoint } from '../../types/provider.ts'
import { observe } from '../observe.ts'
import { continuedRequest } from '../recovery/continued-request.ts'
import type { AttemptReport, AttemptTask, RequestContext } from '../request-context.ts'
import { abortable } from './abortable.ts'
import { answer } from './answer.ts'
import { type AcceptedResponse, ask, type RunningAttempt } from './ask.ts'
import { askUntilFitted, type FittedRequest } from './ask-until-fitted.ts'
import { asFailure, timedOut } from './attempt-failures.ts'
import { AttemptRecord } from './attempt-record.ts'
import { type Deadlines, deadlines } from './deadlines.ts'
import { redacted, secretsOf } from './redact.ts'
import { endpointOf } from './request/endpoint.ts'
import { mediaFetcher } from './request/media.ts'
import { nativePassage } from './request/native-passage.ts'
import { clientKeyOf } from './request/request-headers.ts'
import { requestFor } from './request/target-request.ts'
import { asksForJson } from './response/demands.ts'

/**
 * One attempt on one target: encode → upstream → stages → downstream, under its deadlines. Never rejects; when it resolves
 * the upstream is closed, or whole and left to end by itself.
 */
export async function attempt(
  context: RequestContext,
  target: ResolvedTarget,
  task: AttemptTask,
): Promise<AttemptReport> {
  const record = new AttemptRecord()
  const controller = new AbortController()
  const leave = () => controller.abort(streamFailure('truncated', 'The client left, or another attempt was faster.'))
  if (context.signal.aborted) leave()
  context.signal.addEventListener('abort', leave, { once: true })
  const clock = deadlines({ ...target.settings, totalTimeout: task.totalTimeout }, (name, ms) =>
    controller.abort(timedOut(record.atWork, name, ms)),
  )
  beginAnswer(context, target, task, record)

  let error: UpstreamError | undefined
  try {
    await run({ context, target, task, record, clock, signal: controller.signal })
  } catch (thrown) {
    error = redacted(asFailure(thrown, target, context.options, record.atWork), record.secrets)
  }
  clock.stop()
  context.signal.removeEventListener('abort', leave)
  if (error !== undefined) controller.abort(error)
  return record.report(task.start, error, context.signal.aborted)
}

/** Tells the client's side whose answer comes next. */
function beginAnswer(context: RequestContext, target: ResolvedTarget, task: AttemptTask, record: AttemptRecord): void {
  const { options } = context
  const { start, previousFailure, way } = task
  context.downstream.begin({
    ...{ attempt: start.attempt, provider: start.provider, previousFailure, way },
    json: target.settings.failOn.includes('invalid_json') && asksForJson(context.request, target),
    headers: () => ({ ...record.headers, ...task.headers() }),
    onResume(how) {
      record.resumed = how
      observe(options, () => options.onResume?.(start, how))
    },
  })
}

/** Resolves when the answer is whole, and at the client. */
async function run(running: RunningAttempt): Promise<void> {
  const { context, target, record, clock, signal } = running
  const found = abortable(endpointOf(context, target, mediaFor(context, clock, signal)), signal)
  const endpoint = found instanceof Promise ? await found : found
  record.secrets = secretsOf(endpoint)
  record.clientKey =
    target.apiKey === undefined && endpoint.apiKey !== undefined && endpoint.apiKey === clientKeyOf(context.headers)
  await answer(running, await askTarget(running, endpoint))
}

/** Asks with the client's request as this target takes it. */
function askTarget(running: RunningAttempt, own: Endpoint): Promise<AcceptedResponse> {
  const { context, target, task, record } = running
  const { start, way } = task
  record.atWork = 'request'
  const merged = requestFor(context.request, target, start)
  const fresh = continuedRequest(merged, way, target.settings.continueInstruction)
  const native = ({ api, stream, portable }: Pick<FittedRequest, 'api' | 'stream' | 'portable'>) => {
    const endpoint = { ...own, api, stream: stream || fresh.stream === true }
    return nativePassage(context, target, { request: fresh, endpoint, way, portable })
  }
  return askUntilFitted(
    { request: fresh, native, target, memory: context.memory, logger: context.options.logger },
    ({ request, stream, api, fitted, lost }, passage) => {
      if (passage !== undefined) return ask(running, { request: fresh, endpoint: own, lost: [], passage })
      if (context.nativeOnly !== undefined) throw context.nativeOnly
      const endpoint = { ...own, stream, api, fitted }
      return ask(running, { request, endpoint, lost: [...context.lost, ...lost], passage })
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
