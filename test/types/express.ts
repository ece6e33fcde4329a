import type { Response } from 'express'
import '../../lib/express.ts'
import type { Outcome } from '../../lib/index.ts'

/** What the compiler makes of `res.locals`. It is never run. */

export function known({ locals }: Response): Outcome | undefined {
  // @ts-expect-error: there is no such property, and perhaps no outcome yet
  locals.streamgate.outcme
  // What others keep there has the types that it had.
  locals.user satisfies unknown
  return locals.streamgate
}
