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
import { answer, type Reply, scripted } from '../helpers/upstream.ts'

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
  const opened = cleanup()
  afterEach(cleanUp)

  /** Two workers before a target that fails and one that does not. */
  async function workers(...args: string[]) {
    const [bad, good] = [await opened(scripted(FAILS)), await opened(scripted({ chunks: answer('fine') }))]
    const config = file({ ...fallback(target(bad.url), target(good.url)), cb_config: { failure_threshold: 2 } })
    const program = await standalone(['--config', config, '--workers', '2', ...args])
    return { bad, good, ...program }
  }

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

  it('shares the requests, and what the breakers know', async () => {
    const program = await workers()
    for (let n = 0; n < 8; n += 1) assert.equal((await chat(program.url)).text, 'fine')
    program.child.kill('SIGTERM')
    await program.exited
    assert.equal(atWork(program).size, 2)
    assert.equal(program.bad.requests.length, 2)
  })

  it('knows in all of them what one has answered', async () => {
    const good = await opened(scripted({ chunks: answer('fine') }))
    const config = file(target(good.url, { openai_api: 'chat' }))
    const program = await standalone(['--config', config, '--workers', '2'])
    const ask = { model: 'm', input: 'hi', stream: true }
    let { id } = assertStream((await respond(program.url, ask)).body)
    while (atWork(program).size < 2) {
      id = assertStream((await respond(program.url, { ...ask, previous_response_id: id })).body).id
    }
    for (let n = 0; n < 4; n += 1) {
      assert.equal((await respond(program.url, undefined, { method: 'GET', path: `/v1/responses/${id}` })).status, 200)
    }
  })

  it('starts a worker again that has died, which knows what the others know', async () => {
    const program = await workers()
    for (let n = 0; n < 4; n += 1) await chat(program.url)
    const [victim] = atWork(program)
    process.kill(Number(victim), 'SIGKILL')
    const died = await program.logged('worker died')
    assert.deepEqual([died.process, died.signal, died.delay], [victim, 'SIGKILL', 100])
    await program.until(() => started(program)[2])
    for (let n = 0; n < 4; n += 1) assert.equal((await chat(program.url)).text, 'fine')
    program.child.kill('SIGTERM')
    assert.equal(await program.exited, 0)
    assert.equal(atWork(program).size, 3)
    assert.equal(program.bad.requests.length, 2)
  })

  for (const [count, becomes, told] of [
    ['2', 'is answered by another worker', ['fine', 'fine']],
    ['1', 'is closed', ['ECONNRESET', 'ECONNRESET']],
  ] as const) {
    it(`a connection on its way to a worker that was killed ${becomes}, with ${count} of them`, async () => {
      const good = await opened(scripted({ chunks: answer('fine') }))
      const program = await standalone(['--config', file(target(good.url)), '--workers', count])
      const before = sockets(program.child.pid)
      // While the primary stands still it can hand over nothing, nor learn that a worker has died.
      program.child.kill('SIGSTOP')
      const clients = await Promise.all([connected(program.url), connected(program.url)])
      const [victim] = started(program).map(({ process: pid }) => Number(pid))
      process.kill(Number(victim), 'SIGKILL')
      program.child.kill('SIGCONT')
      assert.deepEqual(await Promise.all(clients.map(({ answer }) => answer)), told)
      await program.until(() => started(program)[Number(count)])
      // Nothing of them stays.
      while (sockets(program.child.pid) !== before) await turn()
    })
  }

  it('waits longer each time for one that dies at once, while the others work', async () => {
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

  it('ends if the first worker cannot start', async () => {
    const dying = first(`if (process.env.STREAMGATE_WORKER) throw new Error('no way')`)
    const config = file(target('http://127.0.0.1:1'))
    const program = run('standalone', ['--config', config, '--port', '0', '--workers', '2'], dying)
    assert.equal(await program.exited, 1)
    assert.equal(program.stderr().match(/Error: no way/g)?.length, 1)
  })

  it('tells once what is wrong with the config', async () => {
    const config = file({ provider: 'nobody' })
    const program = run('standalone', ['--config', config, '--workers', '2'])
    assert.equal(await program.exited, 1)
    assert.match(program.stderr(), /^streamgate: \S+gateway\.json: provider: unknown provider "nobody".*\n$/)
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`lets running answers end on ${signal}, also if the signal comes to all processes`, async () => {
      let release = () => {}
      const gate = () => new Promise<void>((resolve) => (release = resolve))
      const chunks = answer('first', ' second')
      const slow = await opened(scripted({ chunks: [chunks.slice(0, 2).join(''), chunks.slice(2).join('')], gate }))
      const program = await standalone(['--config', file(target(slow.url)), '--workers', '2'])
      const response = await open(program.url)
      for (const { process: pid } of started(program)) process.kill(Number(pid), signal)
      program.child.kill(signal)
      await program.logged('stopping')
      release()
      const { text, done } = await read(response)
      assert.deepEqual({ text, done }, { text: 'first second', done: true })
      assert.equal(await program.exited, 0)
      assert.equal(program.log().at(-1)?.msg, 'stopped')
    })
  }

  it('is not ready from the signal on, and answers what comes while it drains', async () => {
    const program = await workers('--drain', '600')
    program.child.kill('SIGTERM')
    await program.logged('stopping')
    while ((await fetch(`${program.url}/healthz`)).status !== 503);
    assert.equal((await chat(program.url)).status, 200)
  })

  it('leaves no worker behind if the first process is killed', async () => {
    const program = await workers()
    program.child.kill('SIGKILL')
    // The workers hold its output open.
    assert.equal(await program.exited, null)
    assert.equal(started(program).length, 2)
  })

  it('answers while the process that keeps the breakers hangs', async () => {
    const program = await workers()
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

  it('tells the metrics of all workers, wherever it is asked, and which one does not answer', async () => {
    const program = await workers()
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

  it('counts every request once, in the metrics of all workers together', async () => {
    const program = await workers()
    for (let n = 0; n < 6; n += 1) await chat(program.url)
    const text = await (await fetch(`${program.url}/metrics`)).text()
    assert.equal(text.match(/^# TYPE streamgate_requests_total counter$/gm)?.length, 1)
    const counts = [...text.matchAll(/^streamgate_requests_total\{worker="(\d)".* (\d+)$/gm)]
    assert.deepEqual(new Set(counts.map(([, worker]) => worker)), new Set(['1', '2']))
    assert.equal(
      counts.reduce((sum, [, , count]) => sum + Number(count), 0),
      6,
    )
  })

  it('refuses to tell half of the metrics', async () => {
    const program = await workers()
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

  it('runs the offline mode, too', async () => {
    const program = await standalone(['--workers', '2'])
    assert.match((await chat(program.url)).text, /^Hello from the offline emulator/)
  })
})
