/** Loaded into every process of the bench, also into those that know nothing of it. */
import { writeHeapSnapshot } from 'node:v8'
import { answer } from './ipc.ts'

answer({
  /** Memory in use after a collection, in bytes. */
  memory() {
    globalThis.gc?.()
    globalThis.gc?.()
    return process.memoryUsage()
  },
  cpu: () => process.cpuUsage(),
  snapshot: (file: never) => writeHeapSnapshot(file),
})
