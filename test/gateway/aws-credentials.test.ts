import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Options } from '../../lib/index.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, gateway } from '../helpers/gateway.ts'
import { scripted } from '../helpers/upstream.ts'

const BEDROCK = { provider: 'bedrock', aws_region: 'us-east-1' }
const CLIENT = { authorization: 'Bearer sk-of-the-client' }
const REFUSED = { status: 400, chunks: ['{"message":"no"}'] }

/** Whose signature a request has; undefined if it has none. */
function signer(headers: IncomingHttpHeaders = {}): string | undefined {
  return /^AWS4-HMAC-SHA256 Credential=(\w+)\/\d+\/us-east-1\/bedrock\/aws4_request, /.exec(
    headers.authorization ?? '',
  )?.[1]
}

describe('AWS credentials as a function', () => {
  const opened = cleanup()

  async function ask(credentials: Options['credentials'], target: Record<string, unknown> = BEDROCK) {
    const up = await opened(scripted(REFUSED))
    const config = { ...target, custom_host: up.url }
    const gate = await opened(gateway(config, { ...(credentials && { credentials }) }))
    await chat(gate.url, HELLO, CLIENT)
    return up.requests[0]?.headers ?? {}
  }

  const keys = { accessKeyId: 'AKIDFRESH', secretAccessKey: 'secret' }
  const old = { aws_access_key_id: 'AKIDOLD', aws_secret_access_key: 'old', aws_session_token: 'OLD' }

  it('sign, and the token of the client stays here', async () => {
    const headers = await ask(async () => keys)
    assert.equal(signer(headers), 'AKIDFRESH')
    assert.equal(headers['x-amz-security-token'], undefined)
    assert.ok(!JSON.stringify(headers).includes('sk-of-the-client'))
  })

  it('sign with a session token', async () => {
    const headers = await ask(() => ({ ...keys, sessionToken: 'TOKEN' }))
    assert.deepEqual([signer(headers), headers['x-amz-security-token']], ['AKIDFRESH', 'TOKEN'])
  })

  it('win over those of the config, whose session token goes with them', async () => {
    const headers = await ask(() => keys, { ...BEDROCK, ...old })
    assert.deepEqual([signer(headers), headers['x-amz-security-token']], ['AKIDFRESH', undefined])
  })

  it('win over an API key of the config', async () => {
    assert.equal(signer(await ask(() => keys, { ...BEDROCK, api_key: 'bedrock-key' })), 'AKIDFRESH')
  })

  it('leave those of the config if there are none', async () => {
    const headers = await ask(() => undefined, { ...BEDROCK, ...old })
    assert.deepEqual([signer(headers), headers['x-amz-security-token']], ['AKIDOLD', 'OLD'])
  })

  it('may still be a Bedrock API key', async () => {
    assert.equal((await ask(() => 'bedrock-key')).authorization, 'Bearer bedrock-key')
  })

  it('keep the token of the client here even where they are of no use', async () => {
    const headers = await ask(() => keys, { provider: 'groq' })
    assert.ok(!JSON.stringify(headers).includes('sk-of-the-client'))
  })

  it('are not for a host that the client names', async () => {
    const asked: string[] = []
    const theirs = await opened(scripted(REFUSED))
    const gate = await opened(
      gateway(
        { provider: 'openai', api_key: 'k' },
        {
          requestConfig: { allowPrivateHosts: true },
          credentials({ name }) {
            asked.push(name)
            return keys
          },
        },
      ),
    )
    await chat(gate.url, HELLO, {
      ...CLIENT,
      'x-portkey-provider': 'bedrock',
      'x-portkey-aws-region': 'us-east-1',
      'x-portkey-custom-host': theirs.url,
    })
    assert.equal(theirs.requests[0]?.headers.authorization, CLIENT.authorization)
    assert.deepEqual(asked, [])
  })
})

describe('AWS credentials of the machine', function () {
  // The SDK is loaded when it is first needed.
  this.timeout(20_000)
  const opened = cleanup()
  const programs: ChildProcess[] = []
  let folder = ''

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamgate-aws-'))
  })
  afterEach(async () => {
    for (const program of programs.splice(0)) {
      program.kill()
      await once(program, 'close')
    }
    await rm(folder, { recursive: true })
  })

  /** A gateway in a process with this environment and no other credentials, whose Bedrock target has no keys. */
  async function start(env: Record<string, string>, nodeOptions: string[] = []) {
    const up = await opened(scripted(REFUSED))
    const { NODE_COMPILE_CACHE } = process.env
    const script = fileURLToPath(new URL('../helpers/bedrock-gateway.ts', import.meta.url))
    const program = spawn(process.execPath, [...nodeOptions, script, up.url], {
      env: {
        PATH: process.env.PATH ?? '',
        ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }),
        HOME: folder,
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_CONFIG_FILE: join(folder, 'config'),
        AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    programs.push(program)
    const [line] = (await once(program.stdout, 'data')) as [Buffer]
    return { url: String(line).trim(), up }
  }

  it('come from the environment, and win over the token of the client, but not for a target that the client names', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 'TOKEN' }
    const { url, up } = await start(env)
    const theirs = await opened(scripted(REFUSED))
    await chat(url, HELLO, {
      ...CLIENT,
      'x-portkey-provider': 'bedrock',
      'x-portkey-aws-region': 'us-east-1',
      'x-portkey-custom-host': theirs.url,
    })
    assert.equal(theirs.requests[0]?.headers.authorization, CLIENT.authorization)
    assert.equal(up.requests.length, 0)
    await chat(url, HELLO, CLIENT)
    const headers = up.requests[0]?.headers ?? {}
    assert.deepEqual([signer(headers), headers['x-amz-security-token']], ['AKIDENV', 'TOKEN'])
    assert.ok(!JSON.stringify(headers).includes('sk-of-the-client'))
  })

  it('come from a file', async () => {
    await writeFile(join(folder, 'credentials'), '[work]\naws_access_key_id=AKIDFILE\naws_secret_access_key=s\n')
    const { url, up } = await start({ AWS_PROFILE: 'work' })
    await chat(url)
    assert.equal(signer(up.requests[0]?.headers), 'AKIDFILE')
  })

  it('come from a process, which is asked once', async () => {
    const told = { Version: 1, AccessKeyId: 'AKIDPROCESS', SecretAccessKey: 's', SessionToken: 'T' }
    const script = join(folder, 'tell.sh')
    await writeFile(script, `echo asked >> '${folder}/log'\necho '${JSON.stringify(told)}'\n`)
    await writeFile(join(folder, 'config'), `[default]\ncredential_process = sh ${script}\n`)
    const { url, up } = await start({})
    await chat(url)
    await chat(url)
    assert.deepEqual(
      up.requests.map(({ headers }) => signer(headers)),
      ['AKIDPROCESS', 'AKIDPROCESS'],
    )
    assert.equal(await readFile(join(folder, 'log'), 'utf8'), 'asked\n')
  })

  it('are named by their package if there are none, and the token of the client is not tried instead', async () => {
    const { url, up } = await start({})
    const { status, body } = await chat(url, HELLO, CLIENT)
    assert.equal(status, 502)
    assert.deepEqual(JSON.parse(body).error, {
      message: '@aws-sdk/credential-provider-node could not get AWS credentials (CredentialsProviderError).',
      type: 'server_error',
      param: null,
      code: 'upstream_unreachable',
    })
    assert.equal(up.requests.length, 0)
  })

  it('are not looked for without their package: the client’s token is the key', async () => {
    const hook = `import { registerHooks } from 'node:module'
      registerHooks({
        resolve(name, context, next) {
          if (name !== '@aws-sdk/credential-provider-node') return next(name, context)
          throw Object.assign(new Error('not installed'), { code: 'ERR_MODULE_NOT_FOUND' })
        },
      })`
    const env = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 's' }
    const { url, up } = await start(env, ['--import', `data:text/javascript,${encodeURIComponent(hook)}`])
    await chat(url, HELLO, CLIENT)
    assert.equal(up.requests[0]?.headers.authorization, CLIENT.authorization)
  })
})
