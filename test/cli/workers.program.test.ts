import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import http from 'node:http'
import type { Socket } from 'node:net'
import { cleanUp, file, type Program, run, standalone } from '../examples/process.ts'
import { chat, HELLO, open, read } from '../helpers/client.ts'
import { cleanup, fallback, target } from '../helpers/gateway.ts'
import { assertStream, respond } from '../helpers/responses.ts'
import { turn } from '../helpers/stages.ts'
import { answer, held, play, type Reply, type Scripted, scripted } from '../helpers/upstream.ts'

/** One that is closed meanwhile is none. */
function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:')
  } catch {
    return false
  }
}

const FAILS: Reply = { status: 500, chunks: ['{"error":{"message":"no"}}'] }

describe('the standalone proxy with --workers', function () {
  this.timeout(60_000)
  type Started = Awaited<ReturnType<typeof standalone>>

  /** How many sockets a process has open; 0 where the system does not tell. */
  function sockets(pid: number | undefined): number {
    const folder = `/proc/${pid}/fd`
    if (!existsSync(folder)) return 0
    return readdirSync(folder).filter((each) => isSocket(`${folder}/${each}`)).length
  }

  /** The processes that have logged a request. */
  const atWork = ({ log }: Pick<Program, 'log'>) =>
    new Set(log().flatMap(({ msg, pid }) => (msg === 'request' ? [Number(pid)] : [])))

  const started = ({ log }: Pick<Program, 'log'>) => log().filter(({ msg }) => msg === 'worker started')

  /** Their processes, without those that have died. */
  const alive = (program: Pick<Program, 'log'>) => [
    ...new Map(started(program).map(({ worker, process: pid }) => [worker, Number(pid)])).values(),
  ]

  /** Runs this in each process, before the program. */
  const first = (code: string) => ({ node: ['--import', `data:text/javascript,${encodeURIComponent(code)}`] })

  /** A request on a connection that stands, if only for the kernel: the text that answers it, or the code of its error. */
  async function connected(url: string): Promise<{ answer: Promise<string | undefined> }> {
    const headers = { 'content-type': 'application/json' }
    const request = http.request(`${url}/v1/chat/completions`, { method: 'POST', agent: false, headers })
    const answer = new Promise<string | undefined>((resolve) => {
      request.on('response', async (response) => resolve((await read(response)).text))
      request.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
    })
    request.end(JSON.stringify(HELLO))
    const [socket] = (await once(request, 'socket')) as [Socket]
    if (socket.connecting) await once(socket, 'connect')
    return { answer }
  }

  /** A running answer ends, and so does the program, though the signal comes to all processes. */
  async function endsBehindAnswer(program: Started, signal: 'SIGTERM' | 'SIGINT', release: () => void) {
    const response = await open(program.url)
    for (const pid of alive(program)) process.kill(pid, signal)
    program.child.kill(signal)
    await program.logged('stopping')
    release()
    const { text, done } = await read(response)
    assert.deepEqual({ text, done }, { text: 'first second', done: true })
    assert.equal(await program.exited, 0)
    assert.equal(program.log().at(-1)?.msg, 'stopped')
  }

  /** Connections on their way to the first worker, which is killed meanwhile, and what became of them. */
  async function killedOnTheWay(program: Started): Promise<(string | undefined)[]> {
    const before = sockets(program.child.pid)
    // While the primary stands still it can hand over nothing, nor learn that a worker has died.
    program.child.kill('SIGSTOP')
    const clients = await Promise.all([connected(program.url), connected(program.url)])
    const [victim, ...others] = alive(program)
    process.kill(Number(victim), 'SIGKILL')
    program.child.kill('SIGCONT')
    const answers = await Promise.all(clients.map(({ answer }) => answer))
    await program.until(() => started(program)[1 + others.length])
    // Nothing of them stays. A program that has ended has no sockets to wait for.
    const { child } = program
    while (child.exitCode === null && child.signalCode === null && sockets(child.pid) !== before) await turn()
    return answers
  }

  describe('two of them, before a target that fails and one that does not, asked one thing after another', () => {
    const opened = cleanup(after)
    after(cleanUp)
    let program: Started
    let bad: Scripted
    let reply: Reply = { chunks: answer('fine') }

    before(async () => {
      bad = await opened(scripted(FAILS))
      const good = await opened(scripted((req, res) => void play(reply, req, res)))
      const targets = [bad, good].map(({ url }) => target(url, { openai_api: 'chat' }))
      // No probe comes in between, however long all of this takes.
      const cb_config = { failure_threshold: 2, cooldown_interval: 3_600_000 }
      program = await standalone(['--config', file({ ...fallback(...targets), cb_config }), '--workers', '2'])
    })

    it('share the requests, and what the breakers know', async () => {
      for (let n = 0; n < 8; n += 1) assert.equal((await chat(program.url)).text, 'fine')
      await program.until(() => atWork(program).size === 2 || undefined)
      assert.equal(bad.requests.length, 2)
    })

    it('count every request once, in the metrics of all of them together', async () => {
      const counts = async () => {
        const text = await (await fetch(`${program.url}/metrics`)).text()
        assert.equal(text.match(/^# TYPE streamgate_requests_total counter$/gm)?.length, 1)
        const samples = [...text.matchAll(/^streamgate_requests_total\{worker="(\d)".* (\d+)$/gm)]
        const of = (worker: string) =>
          samples.filter(([, each]) => each === worker).reduce((sum, [, , count]) => sum + Number(count), 0)
        assert.deepEqual(new Set(samples.map(([, worker]) => worker)), new Set(['1', '2']))
        return [of('1'), of('2')] as const
      }
      for (let n = 0; n < 2; n += 1) await chat(program.url)
      const before = await counts()
      for (let n = 0; n < 6; n += 1) await chat(program.url)
      const after = await counts()
      const more = [after[0] - before[0], after[1] - before[1]] as const
      assert.ok(more[0] > 0 && more[1] > 0, String(more))
      assert.equal(more[0] + more[1], 6)
    })

    it('tell the metrics of all, whichever is asked, and which one does not answer', async () => {
      const scrape = async () => (await fetch(`${program.url}/metrics`, { headers: { connection: 'close' } })).text()
      for (let n = 0; n < 2; n += 1) {
        assert.deepEqual((await scrape()).split('\n').slice(0, 4), [
          '# HELP streamgate_worker_up Whether the worker answers.',
          '# TYPE streamgate_worker_up gauge',
          'streamgate_worker_up{worker="1"} 1',
          'streamgate_worker_up{worker="2"} 1',
        ])
      }
      const hanging = started(program).find(({ worker }) => worker === 2)?.process
      process.kill(Number(hanging), 'SIGSTOP')
      try {
        // One of them comes to the worker that hangs.
        const text = await Promise.any([scrape(), scrape()])
        assert.deepEqual(text.match(/^streamgate_worker_up\{.*/gm), [
          'streamgate_worker_up{worker="1"} 1',
          'streamgate_worker_up{worker="2"} 0',
        ])
      } finally {
        process.kill(Number(hanging), 'SIGCONT')
      }
    })

    it('know what one of them has answered', async () => {
      const ask = { model: 'm', input: 'hi', stream: true }
      const { log } = program
      const before = log().length
      const inTurn = { log: () => log().slice(before) }
      let { id } = assertStream((await respond(program.url, ask)).body)
      while (atWork(inTurn).size < 2) {
        id = assertStream((await respond(program.url, { ...ask, previous_response_id: id })).body).id
      }
      for (let n = 0; n < 4; n += 1) {
        const kept = await respond(program.url, undefined, { method: 'GET', path: `/v1/responses/${id}` })
        assert.equal(kept.status, 200)
      }
    })

    it('are started again when they die, and know then what the others know', async () => {
      for (let n = 0; n < 4; n += 1) await chat(program.url)
      const [victim] = atWork(program)
      process.kill(Number(victim), 'SIGKILL')
      const died = await program.logged('worker died')
      assert.deepEqual([died.process, died.signal, died.delay], [victim, 'SIGKILL', 100])
      await program.until(() => started(program)[2])
      for (let n = 0; n < 4; n += 1) assert.equal((await chat(program.url)).text, 'fine')
      await program.until(() => atWork(program).size === 3 || undefined)
      assert.equal(bad.requests.length, 2)
    })

    it('answer while the process that keeps the breakers hangs', async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
      const ask = () =>
        new Promise<string>((resolve, reject) => {
          const headers = { 'content-type': 'application/json' }
          const request = http.request(`${program.url}/v1/chat/completions`, { method: 'POST', agent, headers })
          request.on('response', async (response) => resolve((await read(response)).text)).on('error', reject)
          request.end(JSON.stringify(HELLO))
        })
      assert.equal(await ask(), 'fine')
      program.child.kill('SIGSTOP')
      try {
        assert.equal(await ask(), 'fine')
        assert.equal(await ask(), 'fine')
      } finally {
        program.child.kill('SIGCONT')
        agent.destroy()
      }
    })

    it('refuse to tell half of the metrics', async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
      const scrape = () =>
        new Promise<number | undefined>((resolve, reject) => {
          const request = http.get(`${program.url}/metrics`, { agent })
          request.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)))
          request.on('error', reject)
        })
      assert.equal(await scrape(), 200)
      program.child.kill('SIGSTOP')
      try {
        assert.equal(await scrape(), 500)
      } finally {
        program.child.kill('SIGCONT')
        agent.destroy()
      }
    })

    it('let running answers end on SIGTERM, also if the signal comes to all processes', async () => {
      const slow = held()
      reply = slow
      await endsBehindAnswer(program, 'SIGTERM', slow.release)
    })
  })

  describe('two of them, of which one is killed', () => {
    const opened = cleanup(after)
    after(cleanUp)
    let program: Started
    let reply: Reply = { chunks: answer('fine') }

    before(async () => {
      const good = await opened(scripted((req, res) => void play(reply, req, res)))
      program = await standalone(['--config', file(target(good.url)), '--workers', '2'])
    })

    it('answer in its place what was on its way to it', async () => {
      assert.deepEqual(await killedOnTheWay(program), ['fine', 'fine'])
    })

    it('let running answers end on SIGINT, also if the signal comes to all processes', async () => {
      const slow = held()
      reply = slow
      await endsBehindAnswer(program, 'SIGINT', slow.release)
    })
  })

  describe('one of them', () => {
    const opened = cleanup(after)
    after(cleanUp)
    let program: Started

    before(async () => {
      const good = await opened(scripted({ chunks: answer('fine') }))
      program = await standalone(['--config', file(target(good.url)), '--workers', '1'])
    })

    it('loses what was on its way to it when it is killed, which is closed', async () => {
      assert.deepEqual(await killedOnTheWay(program), ['ECONNRESET', 'ECONNRESET'])
    })

    it('stays no longer than the first process, if that is killed', async () => {
      program.child.kill('SIGKILL')
      // The worker holds its output open.
      assert.equal(await program.exited, null)
      assert.equal(started(program).length, 2)
    })
  })

  describe('two of them, without a config', () => {
    after(cleanUp)
    let program: Started

    before(async () => {
      program = await standalone(['--workers', '2', '--drain', '600'])
    })

    it('run the offline mode, too', async () => {
      assert.match((await chat(program.url)).text, /^Hello from the offline emulator/)
    })

    it('are not ready from the signal on, and answer what comes while they drain', async () => {
      program.child.kill('SIGTERM')
      await program.logged('stopping')
      while ((await fetch(`${program.url}/healthz`)).status !== 503);
      assert.equal((await chat(program.url)).status, 200)
    })
  })

  describe('that cannot start', () => {
    const opened = cleanup()
    afterEach(cleanUp)

    it('are waited for longer each time, while the others work', async () => {
      const good = await opened(scripted({ chunks: answer('fine') }))
      const dying = first(`if (process.env.STREAMGATE_WORKER === '2') process.exit(7)`)
      const program = await standalone(['--config', file(target(good.url)), '--workers', '2'], dying)
      assert.equal((await chat(program.url)).text, 'fine')
      const deaths = await program.until(() => {
        const lines = program.log().filter(({ msg }) => msg === 'worker died')
        return lines.length === 3 ? lines : undefined
      })
      assert.deepEqual(
        deaths.map(({ worker, code, delay }) => ({ worker, code, delay })),
        [100, 200, 400].map((delay) => ({ worker: 2, code: 7, delay })),
      )
    })

    it('end the program, if the first of them is one', async () => {
      const dying = first(`if (process.env.STREAMGATE_WORKER) throw new Error('no way')`)
      const config = file(target('http://127.0.0.1:1'))
      const program = run('standalone', ['--config', config, '--port', '0', '--workers', '2'], dying)
      assert.equal(await program.exited, 1)
      assert.equal(program.stderr().match(/Error: no way/g)?.length, 1)
    })

    it('are not even tried with a wrong config, of which is told once', async () => {
      const config = file({ provider: 'nobody' })
      const program = run('standalone', ['--config', config, '--workers', '2'])
      assert.equal(await program.exited, 1)
      assert.match(program.stderr(), /^streamgate: \S+gateway\.json: provider: unknown provider "nobody".*\n$/)
    })
  })
})
