import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Texts that may stand in a log, a header and a URL as they are. */
const FIT = /^[\w.:~-]{1,128}$/

/** Names the requests of a process, no two that are under way alike. */
export interface RequestIds {
  /**
   * The id that the application has given the answer as `x-request-id`, else the client's, if it is fit to be one, else a new
   * UUID. Sets it as the answer's header. An id that is in use gets a suffix.
   */
  open(req: IncomingMessage, res: ServerResponse): string
  close(id: string): void
}

/** Those of all requests in this process. */
export const idsUnderWay: RequestIds = requestIds()

export function requestIds(): RequestIds {
  const underWay = new Set<string>()
  return {
    open(req, res) {
      const given = [res.getHeader('x-request-id'), req.headers['x-request-id']].find(isFit)
      const id = given !== undefined && underWay.has(given) ? `${given}.${randomUUID()}` : (given ?? randomUUID())
      underWay.add(id)
      // Middleware before this one may have answered already.
      if (!res.headersSent) res.setHeader('x-request-id', id)
      return id
    },
    close(id) {
      underWay.delete(id)
    },
  }
}

/** Whether a client's id may be passed on. */
export function isFit(value: unknown): value is string {
  return typeof value === 'string' && FIT.test(value)
}
