import { type ChildProcess, spawn } from 'node:child_process'

/** Ends with its parent, however that ends. */
const SPIN = 'const parent = process.ppid; while (process.ppid === parent) for (let n = 0; n < 1e8; n++);'

/**
 * Keeps a core from going to sleep, by a process that runs when nobody else wants to (Linux: `chrt --idle`). A write to a
 * process on a sleeping core pays for waking it, the more often the slower the writer is: that would be measured, too.
 * Answers a function that ends it; undefined where it cannot be had.
 */
export async function keepAwake(core: number): Promise<(() => void) | undefined> {
  const child = spawn('chrt', ['--idle', '0', 'taskset', '-c', String(core), process.execPath, '-e', SPIN], {
    stdio: 'ignore',
  })
  const runs = await stillRunsAfter(child, 300)
  return runs ? () => child.kill('SIGKILL') : undefined
}

function stillRunsAfter(child: ChildProcess, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), ms)
    const over = () => {
      clearTimeout(timer)
      resolve(false)
    }
    child.once('error', over).once('exit', over)
  })
}
