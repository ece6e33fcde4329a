/** Loaded into every process of the bench, also into those that know nothing of it. */
import { writeHeapSnapshot } from 'node:v8'
import { answer } from './ipc.ts'

function collect(): void {
  globalThis.gc?.()
  globalThis.gc?.()
}

// For a process that has no channel to ask through.
process.on('SIGUSR2', collect)

answer({
  /** Memory in use after a collection, in bytes. */
  memory() {
    collect()
    return process.memoryUsage()
  },
  cpu: () => process.cpuUsage(),
  snapshot: (file: never) => writeHeapSnapshot(file),
})
