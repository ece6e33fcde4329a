import type { ServerResponse } from 'node:http'
import { isEnding } from '../../chunk.ts'
import type { Chunk } from '../../types/chunk.ts'
import { afterPrefill, afterRepetition } from '../recovery/join-check.ts'
import type { AttemptInfo, Downstream, DownstreamOptions } from './downstream.ts'
import { heartbeat } from './heartbeat.ts'
import { onDrain } from './on-drain.ts'
import { continuePhase } from './phases/continue.ts'
import { gatePhase } from './phases/gate.ts'
import { passPhase } from './phases/pass.ts'
import { passJsonPhase } from './phases/pass-json.ts'
import type { Phase } from './phases/phase.ts'
import { restartPhase } from './phases/restart.ts'
import { splicePhase } from './phases/splice.ts'
import { sendFailure } from './send.ts'
import { sseResponse } from './sse-response.ts'

/**
 * Answers with SSE. Nothing is sent before the first content, so that until then every failure stays invisible. Each attempt
 * begins in one of three phases, and once its answer is accepted all of it passes:
 *
 *     begin ─┬─ nothing sent yet ──────▶ gate ───── first content, commit_after ─────┐
 *            ├─ sent, a fresh answer ──▶ splice ─── repeats what was sent ───────────┼─▶ pass ─▶ finish
 *            │                              └────── does not ─▶ restart ─ announced ─┤
 *            └─ sent, a continuation ──▶ continue ─ joins what was sent ─────────────┘
 *                                           └────── does not ─▶ UpstreamError, the next attempt begins
 *
 * If nothing but thoughts was sent, a continuation begins with `splice` too, and what does not repeat them goes to `continue`.
 *
 * A finish reason ends the phase. It waits until the answer is whole.
 */
export function sseClient(res: ServerResponse, options: DownstreamOptions): Downstream {
  const { commitAfter, keepAlive, keepAliveBeforeCommit } = options.settings
  const response = sseResponse(res, options, () => alive?.note())
  const pass = passPhase(response)
  let phase = pass
  /** Finish reasons and usage of the attempt. */
  let ending: Chunk[] = []

  const abandon = () => phase.abandon?.()
  if (commitAfter?.ms !== undefined) res.once('close', abandon)
  const beat = () => response.keepAlive(keepAliveBeforeCommit)
  const alive = keepAlive === undefined ? undefined : heartbeat(res, keepAlive, beat)

  const firstPhase = (attempt: AttemptInfo): Phase => {
    if (!response.committed()) return gatePhase(response, commitAfter, pass)
    const { way } = attempt
    if (!('text' in way)) return splicePhase(response, attempt, pass, restartPhase(response, attempt, pass))
    const check = way.type === 'append' ? afterPrefill(way.text) : afterRepetition(way.text)
    const continuation = continuePhase(response, attempt, check, attempt.json ? passJsonPhase(response) : pass)
    // Nothing but thoughts was sent, and the request stayed as it was: the answer comes from its beginning.
    return way.text.trim() === '' ? splicePhase(response, attempt, pass, continuation) : continuation
  }

  return {
    committed: response.committed,
    callSent: response.callSent,
    textSent: () => response.transcript().text(),
    begin(attempt) {
      abandon()
      ending = []
      response.begin(attempt)
      phase = firstPhase(attempt)
    },
    write(chunk) {
      if (chunk.choices.length > 0 && !isEnding(chunk)) phase = phase.accept(chunk)
      else {
        ending.push(chunk)
        phase.end(chunk)
        phase = pass
      }
      return response.hasRoom()
    },
    onReady: (callback) => onDrain(res, options.limits.clientTimeout, callback),
    close: () => response.close(ending),
    finish: response.finish,
    fail(error, headers) {
      abandon()
      if (res.headersSent) response.fail(error)
      else sendFailure(res, options.dialect.failure(error, options.requestId), headers)
    },
  }
}
