import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PROGRAM = 'nginx'
const CONFIG = new URL('../../deploy/nginx.conf', import.meta.url)

export interface Nginx {
  url: string
  /** What `nginx -t` says of the config. */
  checked: string
  close(): Promise<void>
}

/**
 * nginx with deploy/nginx.conf, of which only names and places are changed: the two processes are these, its own port is a
 * free one, and its files are in a new folder. Undefined if there is no such program.
 */
export async function startNginx(first: string, second: string): Promise<Nginx | undefined> {
  if (spawnSync(PROGRAM, ['-v']).error !== undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'streamgate-nginx-'))
  const port = await freePort()
  const config = join(folder, 'nginx.conf')
  writeFileSync(
    config,
    [
      ['streamgate-1:8787', new URL(first).host],
      ['streamgate-2:8787', new URL(second).host],
      ['listen 8080;', `listen 127.0.0.1:${port};`],
      ['/tmp/nginx', join(folder, 'nginx')],
    ].reduce(
      (text, [from = '', to = '']) => {
        if (!text.includes(from)) throw new Error(`deploy/nginx.conf has no ${from}`)
        return text.replaceAll(from, to)
      },
      readFileSync(CONFIG, 'utf8'),
    ),
  )
  const args = ['-c', config, '-e', 'stderr', '-g', 'user root; daemon off;']
  const { status, stderr: checked } = spawnSync(PROGRAM, ['-t', ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(checked)

  const child = spawn(PROGRAM, args, { stdio: 'ignore' })
  const kill = () => child.kill('SIGTERM')
  process.once('exit', kill)
  await listening(port, () => child.exitCode === null)
  return {
    url: `http://127.0.0.1:${port}`,
    checked,
    async close() {
      process.off('exit', kill)
      if (child.exitCode === null) {
        kill()
        await once(child, 'exit')
      }
      rmSync(folder, { recursive: true })
    },
  }
}

/** nginx takes no port 0. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function listening(port: number, lives: () => boolean): Promise<void> {
  while (lives()) {
    const socket = net.connect(port, '127.0.0.1')
    const [connected] = await Promise.race([
      once(socket, 'connect').then(() => [true]),
      once(socket, 'error').then(() => [false]),
    ]).catch(() => [false])
    socket.destroy()
    if (connected) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('nginx did not start.')
}
