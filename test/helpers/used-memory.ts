import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { turn } from './stages.ts'

/** In bytes, without garbage. */
export async function usedMemory(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // What a collection finds done it lets go of in a later turn.
  for (let time = 0; time < 3; time += 1) {
    await turn()
    collect()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
