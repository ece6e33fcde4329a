import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { check } from '../../lib/cli/check.ts'
import { serve } from '../../lib/cli/serve.ts'
import { sourceOf } from '../../lib/cli/source.ts'
import { parseConfig } from '../../lib/config.ts'
import { executed } from '../cli/executed.ts'
import { cleanUp, file, run, standalone } from './process.ts'

const TARGET = { provider: 'openai', api_key: 'sk-secret', custom_host: 'http://127.0.0.1:1/v1' }

/** What the program tells of a config that it refuses. */
async function refusal(path: string): Promise<string> {
  try {
    parseConfig((await sourceOf(path)).config)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

describe('starting the standalone proxy', function () {
  this.timeout(20_000)
  afterEach(cleanUp)

  it('shows its options with --help', async () => {
    const program = run('standalone', ['--help'])
    assert.equal(await program.exited, 0)
    for (const option of [
      '--config',
      '--port',
      '--host',
      '--redis-url',
      '--allow-request-config',
      '--allow-private-hosts',
      '--playground',
      '--help',
    ]) {
      assert.ok(program.stdout().includes(`  ${option} `), option)
    }
  })

  for (const [args, message] of [
    [['--prot', '1'], /^streamgate: Unknown option '--prot', did you mean --port\?\n/],
    [['-p', '1'], /^streamgate: Unknown option '-p'\n/],
    [['gateway.json'], /^streamgate: There is no command 'gateway\.json', did you mean --config gateway\.json\?\n/],
    [['chekc', 'gateway.json'], /^streamgate: There is no command 'chekc', did you mean check\?\n/],
    [['serve'], /^streamgate: There is no command 'serve'\n/],
    [['check', 'gateway.json', '--resolv'], /^streamgate: Unknown option '--resolv', did you mean --resolve\?\n/],
    [['--port'], /'--port <value>' argument missing/],
    [['--port', 'x'], /--port must be a number from 0 to 65535, got 'x'/],
  ] as const) {
    it(`refuses the arguments ${args.join(' ')}, with its usage in short`, async () => {
      const { code, stdout, stderr } = await (args[0] === 'check'
        ? executed(check, args.slice(1))
        : executed(serve, args))
      assert.equal(code, 2)
      assert.match(stderr, message)
      assert.match(stderr, /Usage: streamgate/)
      assert.doesNotMatch(stderr, /^ {2}--\w/m)
      assert.equal(stdout, '')
    })
  }

  for (const [title, path, messages] of [
    [
      'a file that is not there',
      () => '/no/such/gateway.json',
      ['config: cannot be read: ENOENT: no such file or directory'],
    ],
    ['a folder', () => '/', ['config: cannot be read: EISDIR: illegal operation on a directory']],
    ['a file that is empty', () => file(''), ['config: is not valid JSON: Unexpected end of JSON input']],
    [
      'a file without a comma',
      () => file('{"provider":"openai" "api_key":"k"}'),
      ["config: is not valid JSON: Expected ',' or '}' after property value in JSON at position 21 (line 1 column 22)"],
    ],
    [
      'a file whose error would quote it',
      () => file('{"api_key": sk-secret}'),
      ["config: is not valid JSON: Unexpected token 's'"],
    ],
    ['a list', () => file([TARGET]), ['config: must be an object, got an array']],
    [
      'an unknown provider',
      () => file({ targets: [TARGET, { ...TARGET, provider: 'opena1' }] }),
      ['targets[1].provider: unknown provider "opena1"'],
    ],
    [
      'two mistakes',
      () => file({ ...TARGET, retry: { attempts: -1 }, cache: true }),
      ['retry.attempts: must be an integer', 'cache: streamgate has no such feature'],
    ],
    [
      'unset variables',
      () =>
        file({
          targets: [
            { ...TARGET, api_key: '$NO_SUCH_KEY' },
            { ...TARGET, custom_host: `https://\${NO_SUCH_HOST}/v1` },
          ],
        }),
      [
        'targets[0].api_key: the environment variable NO_SUCH_KEY is not set',
        'targets[1].custom_host: the environment variable NO_SUCH_HOST is not set',
      ],
    ],
  ] as const) {
    it(`refuses ${title} as config, with a line for each mistake`, async () => {
      const told = await refusal(path())
      const lines = told.split('\n')
      assert.equal(lines.length, messages.length, told)
      for (const [index, message] of messages.entries()) assert.ok(lines[index]?.startsWith(message), lines[index])
      assert.doesNotMatch(told, /sk-secret/)
    })
  }

  for (const [title, path] of [
    ['cannot be read', () => '/no/such/gateway.json'],
    ['has mistakes', () => file({ ...TARGET, retry: { attempts: -1 }, cache: true })],
  ] as const) {
    it(`ends with these lines behind the file's name, if the config ${title}`, async () => {
      const config = path()
      const program = run('standalone', ['--config', config, '--port', '0'])
      assert.equal(await program.exited, 1)
      const lines = (await refusal(config)).split('\n').map((line) => `streamgate: ${config}: ${line}\n`)
      assert.equal(program.stderr(), lines.join(''))
      assert.equal(program.stdout(), '')
    })
  }

  it('tells how to get the offline mode, where its emulator is not installed', async () => {
    const missing = `import { registerHooks } from 'node:module'
      registerHooks({
        resolve(name, context, next) {
          if (name !== '@copilotkit/aimock') return next(name, context)
          throw Object.assign(new Error("Cannot find package '" + name + "'"), { code: 'ERR_MODULE_NOT_FOUND' })
        },
      })`
    const program = run('standalone', [], { node: ['--import', `data:text/javascript,${encodeURIComponent(missing)}`] })
    assert.equal(await program.exited, 1)
    assert.match(program.stderr(), /npx streamgate --config gateway\.json/)
    assert.match(program.stderr(), /npx -p streamgate -p @copilotkit\/aimock streamgate/)
    assert.doesNotMatch(program.stderr(), /^ +at /m)
  })

  it('tells in one line that its port is in use', async () => {
    const other = net.createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    for (const args of [[], ['--workers', '2']]) {
      const program = run('standalone', ['--config', file(TARGET), '--port', String(port), ...args])
      assert.equal(await program.exited, 1)
      assert.equal(
        program.stderr(),
        `streamgate: cannot listen on 127.0.0.1:${port}: the port is in use, choose another one with --port\n`,
      )
    }
    other.close()
  })

  it('tells in one line that it cannot have an address', async () => {
    const program = run('standalone', ['--config', file(TARGET), '--port', '0', '--host', '192.0.2.1'])
    assert.equal(await program.exited, 1)
    assert.match(program.stderr(), /^streamgate: cannot listen on 192\.0\.2\.1:0: [^\n]+\n$/)
  })

  it('warns where others can reach it', async () => {
    const program = await standalone(['--config', file(TARGET), '--host', '0.0.0.0'])
    await program.printed(/Whoever reaches http:\/\/0\.0\.0\.0:\d+ can use your providers/)
  })
})
