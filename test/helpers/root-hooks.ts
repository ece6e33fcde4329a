/** Loaded before all tests, in each of mocha's processes. */
import { Runnable } from 'mocha'
import { leftOpen } from './left-open.ts'

export const mochaHooks = {
  beforeAll() {
    // Mocha takes all listeners off behind each file of a process that runs several.
    if (!process.listeners('unhandledRejection').includes(fail)) process.on('unhandledRejection', fail)
  },
}

/** Mocha's own, of tests and of hooks: it makes the error as soon as their time is over, ahead of what closes things. */
interface Timed {
  _timeoutError(ms: number): Error
}

const timed = Runnable.prototype as unknown as Timed
const { _timeoutError: timeoutError } = timed
timed._timeoutError = function (ms) {
  const error = timeoutError.call(this, ms)
  error.message += `\nOpen at that time: ${leftOpen().join(', ') || 'nothing'}.`
  // Reporters take the message out of it.
  error.stack = `${error.name}: ${error.message}`
  return error
}

/** Node ends a process at a rejection that nobody hears; mocha passes over it. Such a rejection fails the test that runs. */
function fail(reason: unknown): never {
  throw reason
}
