import type { ServerResponse } from 'node:http'
import { estimatedTokens } from '../../dialects/messages/estimate.ts'
import { readRequest } from '../../dialects/messages/request.ts'
import type { Limits } from '../../options.ts'
import { sendJson } from '../client/send.ts'
import { readBody } from '../incoming/read-body.ts'
import type { StreamgateRequest } from '../streamgate.ts'

/** Answers `POST /messages/count_tokens` with an estimate, and says so. Rejects with RequestError. */
export async function answerCount(req: StreamgateRequest, res: ServerResponse, limits: Limits): Promise<void> {
  const { request } = readRequest((await readBody(req, limits)).value, 'none')
  res.setHeader('x-streamgate-estimated', 'true')
  sendJson(res, 200, { input_tokens: estimatedTokens(request) })
}
