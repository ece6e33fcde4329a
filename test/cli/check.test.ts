import assert from 'node:assert/strict'
import { check as command } from '../../lib/cli/check.ts'
import { cleanUp, file, run } from '../examples/process.ts'
import { executed } from './executed.ts'

/** Written out, the linter takes it for a promise. */
const condition = (query: object, name: string) => Object.fromEntries([...Object.entries({ query }), ['then', name]])

const ENVIRONMENT = { OPENAI: 'sk-the-key-of-openai', ANTHROPIC: 'the-key-of-anthropic' }

describe('streamgate check', function () {
  this.timeout(20_000)
  afterEach(cleanUp)

  async function check(config: unknown, ...args: string[]) {
    const path = file(config)
    const { code, stdout, stderr } = await executed(command, [path, ...args], { env: ENVIRONMENT })
    assert.doesNotMatch(stdout + stderr, /the-key-of/)
    const clean = (text: string) => text.replaceAll(path, 'gateway.json').trimEnd().split('\n')
    return { code, out: clean(stdout), errors: clean(stderr) }
  }

  it('shows the plan of attempts as a tree', async () => {
    const { code, out, errors } = await check({
      retry: { attempts: 2, on_status_codes: [429, 503] },
      first_chunk_timeout: 10_000,
      total_timeout: 90_000,
      targets: [
        { provider: 'openai', api_key: '$OPENAI', metadata: { team: 'a' }, forward_headers: ['x-trace'] },
        {
          strategy: { mode: 'loadbalance', sticky: 'user' },
          cb_config: { failure_threshold: 5 },
          retry: { attempts: 0 },
          targets: [
            {
              name: 'claude',
              provider: 'anthropic',
              api_key: '$ANTHROPIC',
              weight: 3,
              override_params: { model: 'claude-sonnet-5', temperature: 0 },
            },
            { name: 'gemini', provider: 'google', mid_stream: 'continue' },
          ],
        },
      ],
    })
    assert.deepEqual(errors, [''])
    assert.deepEqual(out, [
      'gateway.json: 3 targets, nothing wrong',
      'from the environment: OPENAI, ANTHROPIC',
      '',
      'fallback: one after the other',
      '├─ targets[0]  https://api.openai.com/v1/chat/completions',
      '│     provider     openai',
      '│     model        what the client asks for',
      '│     key          of the config',
      '│     as written   Responses',
      '│     retries      2 on 429 503 and failures of the stream; waits as asked, up to 10 s',
      '│     timeouts     connect 10 s, first content 10 s, silence 5 min',
      '│     if it breaks continue, then restart in mid-stream; tool calls whole',
      '│     headers      x-trace',
      '│     metadata     team',
      '└─ loadbalance targets[1]: by weight, the others as fallbacks; sticks to metadata.user',
      '   ├─ claude [75 %]  https://api.anthropic.com/v1/messages',
      '   │     provider     anthropic',
      '   │     model        claude-sonnet-5',
      '   │     key          of the config',
      '   │     as written   Messages',
      '   │     parameters   temperature',
      '   │     timeouts     connect 10 s, first content 10 s, silence 5 min',
      '   │     if it breaks continue, then restart in mid-stream; tool calls whole',
      '   │     breaker      opens after 5 failures within 1 min, for 30 s',
      '   └─ gemini [25 %]  https://generativelanguage.googleapis.com/v1beta/models/MODEL:streamGenerateContent',
      '         provider     google',
      '         model        what the client asks for',
      "         key          the client's token",
      '         timeouts     connect 10 s, first content 10 s, silence 5 min',
      '         if it breaks continue in mid-stream; tool calls whole',
      '         breaker      opens after 5 failures within 1 min, for 30 s',
      '',
      'for the request as a whole',
      '   timeout      90 s',
      '   keep-alive   15 s',
      '',
      'worth a look',
      "   gemini: names no model. As a fallback it is asked for gemini-3.8-flash in place of another family's model; " +
        '"models" or "override_params.model" say which.',
    ])
    assert.equal(code, 0)
  })

  for (const [title, strategy, first, notes] of [
    [
      'conditions',
      {
        mode: 'conditional',
        conditions: [condition({ 'metadata.plan': 'pro' }, 'a'), condition({ 'params.model': 'm' }, 'a')],
        default: 'b',
      },
      'conditional: the first whose condition holds',
      ['a [condition 1, condition 2]', 'b [else]', 'c [never]'],
    ],
    [
      'hedging',
      { mode: 'hedge', delay: 1500, max_extra: 0.125 },
      'hedge: the second beside the first after 1.5 s, for 12.5 % of the requests at most',
      ['a', 'b', 'c'],
    ],
    [
      'a fallback on some statuses',
      { mode: 'fallback', on_status_codes: [429, 500] },
      'fallback: one after the other, of statuses only on 429 500',
      ['a', 'b', 'c'],
    ],
  ] as const) {
    it(`shows ${title}`, async () => {
      const targets = ['a', 'b', 'c'].map((name) => ({ name, provider: 'openai' }))
      const { code, out } = await check({ strategy, targets })
      assert.equal(out[2], first)
      assert.deepEqual(
        out.flatMap((line) => /^[├└]─ (.*?) {2}http/.exec(line)?.[1] ?? []),
        notes,
      )
      assert.equal(code, 0)
    })
  }

  it('tells all that is wrong at once, with unset variables by their names', async () => {
    const { code, out, errors } = await check({
      retry: { attempts: 11 },
      targets: [
        { provider: 'opena1', api_key: '$OPENAI' },
        { provider: 'anthropic', api_key: '$NO_SUCH_KEY', custom_host: '$NO_SUCH_HOST' },
        { provider: 'bedrock' },
        { provider: 'bedrock', aws_region: '$NO_SUCH_REGION' },
      ],
      strategy: { mode: 'fallbck' },
    })
    assert.deepEqual(out, [''])
    assert.deepEqual(
      errors.map((line) => line.slice(0, 78)),
      [
        'streamgate: gateway.json: targets[1].api_key: the environment variable NO_SUCH_KEY is not set',
        'streamgate: gateway.json: targets[1].custom_host: the environment variable NO_SUCH_HOST is not set',
        'streamgate: gateway.json: targets[3].aws_region: the environment variable NO_SUCH_REGION is not set',
        'streamgate: gateway.json: retry.attempts: must be an integer from 0 to 10, got 11',
        'streamgate: gateway.json: strategy.mode: unknown value "fallbck", expected one of ',
        'streamgate: gateway.json: targets[0].provider: unknown provider "opena1", expected one of',
        'streamgate: gateway.json: targets[2]: Bedrock needs an AWS region: set aws_region.',
      ].map((line) => line.slice(0, 78)),
    )
    assert.equal(code, 1)
  })

  for (const [title, target, message] of [
    ['a Bedrock target without a region', { provider: 'bedrock' }, 'Bedrock needs an AWS region: set aws_region.'],
    [
      'an Azure target without a resource',
      { provider: 'azure-openai', api_key: 'k' },
      "azure-openai needs a valid 'resource_name', or a 'custom_host'.",
    ],
    [
      'a model that its provider cannot be asked for',
      { provider: 'google', override_params: { model: '..' } },
      "'models/..' names no model.",
    ],
  ] as const) {
    it(`refuses ${title}, which would fail at each request`, async () => {
      const { code, errors } = await check({ targets: [{ provider: 'openai' }, target] })
      assert.deepEqual(errors, [`streamgate: gateway.json: targets[1]: ${message}`])
      assert.equal(code, 1)
    })
  }

  it('does not refuse a target that gets its model from the client', async () => {
    const { code, out } = await check({ provider: 'bedrock', bedrock_api: 'invoke', aws_region: 'eu-west-1' })
    assert.match(out[2] ?? '', /^bedrock {2}depends on the client's model$/)
    assert.equal(code, 0)
  })

  it('tells whether the hosts resolve, if asked', async () => {
    const [here, nowhere] = ['http://127.0.0.1:1/v1', 'https://no-such-host.invalid/v1']
    const found = await check({ provider: 'openai', custom_host: here }, '--resolve')
    assert.deepEqual(found.out.slice(-2), ['hosts', '   127.0.0.1  127.0.0.1'])
    assert.equal(found.code, 0)

    const targets = [here, nowhere, nowhere].map((custom_host) => ({ provider: 'openai', custom_host }))
    const missing = await check({ targets }, '--resolve')
    assert.equal(missing.out.at(-2), '   127.0.0.1             127.0.0.1')
    assert.match(missing.out.at(-1) ?? '', /^ {3}no-such-host\.invalid {2}does not resolve \([\w ]+\)$/)
    assert.equal(missing.code, 1)
  })

  it('tells what is wrong with a file that is no JSON', async () => {
    const { code, errors } = await check('{')
    assert.match(errors.join(), /^streamgate: gateway\.json: config: is not valid JSON: /)
    assert.equal(code, 1)
  })

  for (const [args, message] of [
    [[], 'check needs a FILE'],
    [['a.json', 'b.json'], 'check takes one FILE, got 2'],
    [['a.json', '--port', '1'], "Unknown option '--port'"],
  ] as const) {
    it(`refuses the arguments ${args.join(' ') || 'none'}, with its usage`, async () => {
      const { code, stderr } = await executed(command, args)
      assert.equal(code, 2)
      assert.ok(stderr.startsWith(`streamgate: ${message}`), stderr)
      assert.match(stderr, /Usage: streamgate check FILE/)
    })
  }

  it('shows its options with --help', async () => {
    const program = run('standalone', ['check', '--help'])
    assert.equal(await program.exited, 0)
    assert.match(program.stdout(), /^Usage: streamgate check FILE \[--resolve\]/)
  })
})
