/** Loaded before all tests, in each of mocha's processes. */
import type { Context, Test } from 'mocha'
import { leftOpen } from './left-open.ts'

/** So long before a test's time is over it is noted what is open; behind it, `afterEach` closes it. */
const MARGIN_MS = 100

let watch: NodeJS.Timeout | undefined
/** What was open, just before the time of the last test was over. */
let open: string[] | undefined

export const mochaHooks = {
  beforeAll() {
    // Mocha takes all listeners off behind each file of a process that runs several.
    if (!process.listeners('unhandledRejection').includes(fail)) process.on('unhandledRejection', fail)
  },

  beforeEach(this: Context) {
    open = undefined
    if (this.currentTest) noteInTime(this.currentTest, performance.now())
  },

  afterEach(this: Context) {
    clearTimeout(watch)
    const error = this.currentTest?.err as NodeJS.ErrnoException | undefined
    if (error?.code !== 'ERR_MOCHA_TIMEOUT' || open === undefined) return
    error.message += `\nOpen at that time: ${open.join(', ') || 'nothing'}.`
    // It leads to mocha's timer only, and reporters take the message out of it.
    error.stack = `${error.name}: ${error.message}`
  },
}

/** Node ends a process at a rejection that nobody hears; mocha passes over it. Such a rejection fails the test that runs. */
function fail(reason: unknown): never {
  throw reason
}

/** A test may ask for more time when it runs. */
function noteInTime(test: Test, startedAt: number): void {
  if (test.timeout() === 0) return
  const left = test.timeout() - MARGIN_MS - (performance.now() - startedAt)
  if (left <= 0) open = leftOpen()
  else watch = setTimeout(() => noteInTime(test, startedAt), left).unref()
}
