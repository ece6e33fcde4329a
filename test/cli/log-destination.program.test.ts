import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { countingLost } from '../../lib/cli/log-destination.ts'
import { isJson } from '../../lib/is-json.ts'
import { cleanUp, file, path, run, standalone } from '../examples/process.ts'
import { chat } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

/** Fills a disk of four pages but for one, runs the program with its log on it, and makes room when the file `free` is there. */
const ON_A_SMALL_DISK = `
set -e
disk=$1 free=$2; shift 2
mount -t tmpfs -o size=16k none "$disk"
head -c 12000 /dev/zero > "$disk/filler"
(n=0; until [ -e "$free" ] || [ $n -gt 600 ]; do sleep 0.05; n=$((n + 1)); done; rm "$disk/filler") &
exec "$@" > "$disk/log"
`

function canMount(): boolean {
  try {
    execFileSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('the log of the standalone proxy', function () {
  this.timeout(60_000)
  const opened = cleanup()
  afterEach(cleanUp)

  const urlIn = (printed: RegExpExecArray) => String(printed[1])
  const LISTENS = /listens at (http:\S+)\/v1/

  it('loses its lines and nothing else, if the disk is full from the first', async function () {
    if (!existsSync('/dev/full')) this.skip()
    const up = await opened(scripted({ chunks: answer('fine') }))
    const config = file({ ...target(up.url), log_chunks: true })
    const toFull = (line: readonly string[]) => ['sh', '-c', 'exec "$@" > /dev/full', 'sh', ...line]
    const program = run('standalone', ['--port', '0', '--config', config], { through: toFull })
    const url = urlIn(await program.printed(LISTENS))
    for (let n = 0; n < 3; n += 1) assert.equal((await chat(url)).text, 'fine')
    program.child.kill('SIGTERM')
    assert.equal(await program.exited, 0)
  })

  it('counts the lines for which a disk had no room, and goes on when it has', async function () {
    if (!canMount()) this.skip()
    const up = await opened(scripted({ chunks: answer('fine') }))
    const [disk, free] = [path('disk'), path('free')]
    mkdirSync(disk)
    const small = (line: readonly string[]) => [
      'unshare',
      '-Urm',
      'sh',
      '-c',
      ON_A_SMALL_DISK,
      'sh',
      disk,
      free,
      ...line,
    ]
    const config = file(target(`${up.url}/v1`))
    const program = run('standalone', ['--port', '0', '--config', config], { through: small })
    const url = urlIn(await program.printed(LISTENS))
    const lines = () => readFileSync(`/proc/${program.child.pid}/root${disk}/log`, 'utf8').split('\n').slice(0, -1)

    for (let n = 0; n < 20; n += 1) assert.equal((await chat(url)).text, 'fine')
    const before = lines().length
    assert.ok(before < 20)
    writeFileSync(free, '')
    while (!lines().some((line) => line.includes('log lines lost'))) assert.equal((await chat(url)).text, 'fine')

    // One that was torn where the disk ended stands alone. It may have ended between two.
    const isTorn = (line: string, index: number) => index === before && !isJson(line)
    const counted = () => {
      const parsed = lines().flatMap((line, index) => (isTorn(line, index) ? [] : [JSON.parse(line)]))
      const requests = parsed.filter(({ msg }) => msg === 'request').length
      const { lost } = parsed.find(({ msg }) => msg === 'log lines lost')
      return requests + lost
    }
    // The line of a request is written behind its answer.
    while (counted() < up.requests.length) await new Promise(setImmediate)
    assert.equal(counted(), up.requests.length)
  })

  it('waits for no reader, and counts the lines that were too many', async () => {
    const words = Array.from({ length: 6000 }, (_, n) => `${n} `)
    const up = await opened(scripted({ chunks: [answer(...words).join('')] }))
    const config = file({ ...target(up.url), log_chunks: true })
    const program = await standalone(['--config', config])
    program.child.stdout?.pause()
    assert.equal((await chat(program.url)).text, words.join(''))
    program.child.stdout?.resume()
    await program.logged('chunk')
    await chat(program.url)
    const { lost } = await program.logged('log lines lost')
    assert.ok(Number(lost) > 0)
    program.child.kill('SIGTERM')
    assert.equal(await program.exited, 0)
  })
})

describe('lines that are not taken', () => {
  it('are counted in the first line that is', () => {
    const room = [true, false, false, true, true, true]
    const taken: string[] = []
    const log = countingLost((line) => {
      const hasRoom = room.shift() ?? false
      if (hasRoom) taken.push(line)
      return hasRoom
    })
    for (const line of ['a', 'b', 'c', 'd']) log.write(line)
    const { lost, msg } = JSON.parse(taken[1] ?? '')
    assert.deepEqual(
      [taken[0], { lost, msg }, taken[2], taken.length],
      ['a', { lost: 2, msg: 'log lines lost' }, 'd', 3],
    )
  })
})
