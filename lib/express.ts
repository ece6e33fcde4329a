/** `import 'streamgate/express'` gives `res.locals.streamgate` its type in an application of Express. */
import type { Outcome } from './options.ts'

declare global {
  namespace Express {
    interface Locals {
      /** What became of a request that streamgate answered; undefined until its answer ends. */
      streamgate?: Outcome
    }
  }
}
