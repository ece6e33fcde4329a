import assert from 'node:assert/strict'
import OpenAI from 'openai'
import { cleanup, describeMounts, fallback, type Gateway, target } from '../helpers/gateway.ts'
import { answer, openaiChunk, type Reply, ROLE, STOP, scripted, text, USAGE } from '../helpers/upstream.ts'

const ASKED = { model: 'm', prompt: 'Say hi' }

function client({ sdk }: Gateway): OpenAI {
  return new OpenAI({ apiKey: 'k', maxRetries: 0, ...sdk } as ConstructorParameters<typeof OpenAI>[0])
}

describeMounts('a prompt for a completion', (gateway) => {
  const opened = cleanup()

  const gateTo = async (...replies: Reply[]) => {
    const ups = await Promise.all(replies.map((reply) => opened(scripted(reply))))
    const gate = await opened(gateway(fallback(...ups.map(({ url }) => target(url)))))
    return { gate, ups }
  }
  const streamed = async (gate: Gateway, more: Record<string, unknown> = {}) => {
    const frames: OpenAI.Completion[] = []
    const stream = await client(gate).completions.create({ ...ASKED, ...more, stream: true })
    for await (const each of stream) frames.push(each)
    return { frames, text: frames.map(({ choices }) => choices[0]?.text ?? '').join('') }
  }

  it('is answered as one text_completion', async () => {
    const { gate, ups } = await gateTo({ chunks: answer('Hi', ' there') })
    const completion = await client(gate).completions.create({ ...ASKED, max_tokens: 5 })
    assert.equal(completion.object, 'text_completion')
    assert.match(completion.id, /^cmpl-/)
    assert.deepEqual(completion.choices, [{ text: 'Hi there', index: 0, logprobs: null, finish_reason: 'stop' }])
    assert.ok((completion.usage?.total_tokens ?? 0) > 0)
    const sent = JSON.parse(ups[0]?.requests[0]?.body ?? '{}')
    assert.deepEqual(sent.messages, [{ role: 'user', content: 'Say hi' }])
    assert.equal(sent.max_tokens, 5)
    assert.equal('prompt' in sent, false)
  })

  it('is answered as a stream, with usage if it is asked for', async () => {
    const { gate } = await gateTo({ chunks: answer('Hi', ' there') })
    const plain = await streamed(gate)
    assert.equal(plain.text, 'Hi there')
    assert.deepEqual(
      plain.frames.map(({ choices }) => choices[0]?.finish_reason ?? null),
      [null, null, 'stop'],
    )
    assert.equal(plain.frames.filter(({ usage }) => usage != null).length, 0)
    const { frames } = await streamed(gate, { stream_options: { include_usage: true } })
    assert.deepEqual(frames.at(-1)?.choices, [])
    assert.ok((frames.at(-1)?.usage?.total_tokens ?? 0) > 0)
  })

  it('comes back in front of the answer with echo', async () => {
    const { gate } = await gateTo({ chunks: answer(' and', ' go') })
    assert.equal((await streamed(gate, { echo: true })).text, 'Say hi and go')
    const completion = await client(gate).completions.create({ ...ASKED, echo: true })
    assert.equal(completion.choices[0]?.text, 'Say hi and go')
  })

  it('is refused in words', async () => {
    const { gate } = await gateTo({
      chunks: [ROLE, text('No: '), openaiChunk({ refusal: 'I ' }), openaiChunk({ refusal: 'cannot.' }), STOP],
    })
    assert.equal((await streamed(gate)).text, 'No: I cannot.')
    const { choices } = await client(gate).completions.create(ASKED)
    assert.equal(choices[0]?.text, 'No: I cannot.')
  })

  it('gets log probabilities in their own form, with offsets over the whole text', async () => {
    const token = (word: string) => ({
      token: word,
      logprob: -1,
      bytes: null,
      top_logprobs: [{ token: word, logprob: -1, bytes: null }],
    })
    const piece = (word: string) => {
      const logprobs = { content: [token(word)], refusal: null }
      return openaiChunk({}, null, { choices: [{ index: 0, delta: { content: word }, logprobs, finish_reason: null }] })
    }
    const { gate, ups } = await gateTo({ chunks: [ROLE, piece('ab'), piece('c'), STOP, USAGE, 'data: [DONE]\n\n'] })
    const { choices } = await client(gate).completions.create({ ...ASKED, logprobs: 1 })
    assert.deepEqual(choices[0]?.logprobs, {
      tokens: ['ab', 'c'],
      token_logprobs: [-1, -1],
      top_logprobs: [{ ab: -1 }, { c: -1 }],
      text_offset: [0, 2],
    })
    const { frames } = await streamed(gate, { logprobs: 1 })
    assert.deepEqual(
      frames.flatMap(({ choices: [choice] }) => choice?.logprobs?.text_offset ?? []),
      [0, 2],
    )
    const sent = JSON.parse(ups[0]?.requests[0]?.body ?? '{}')
    assert.deepEqual([sent.logprobs, sent.top_logprobs], [true, 1])
  })

  it('is spliced after a break, and never announced anew', async () => {
    const cut: Reply = { chunks: [ROLE, text('The quick '), text('brown')], finish: 'cut' }
    const same = await gateTo(cut, { chunks: answer('The quick ', 'brown fox') })
    assert.equal((await streamed(same.gate)).text, 'The quick brown fox')
    const other = await gateTo(cut, { chunks: answer('Something else') })
    await assert.rejects(streamed(other.gate), OpenAI.APIError)
  })

  const REFUSED: Record<string, [Record<string, unknown>, string]> = {
    'two prompts': [{ prompt: ['a', 'b'] }, 'prompt'],
    tokens: [{ prompt: [1, 2] }, 'prompt'],
    'a number as prompt': [{ prompt: 3 }, 'prompt'],
    'a suffix': [{ suffix: 'end' }, 'suffix'],
    'best_of 2': [{ best_of: 2 }, 'best_of'],
    'a model of 3,000 characters': [{ model: 'm'.repeat(3000) }, 'model'],
  }
  for (const [name, [more, param]] of Object.entries(REFUSED)) {
    it(`is a 400 with ${name}`, async () => {
      const { gate, ups } = await gateTo({ chunks: answer('no') })
      await assert.rejects(
        client(gate).completions.create({ ...ASKED, ...more } as OpenAI.CompletionCreateParamsNonStreaming),
        (error: unknown) => error instanceof OpenAI.BadRequestError && error.param === param,
      )
      assert.equal(ups[0]?.requests.length, 0)
    })
  }
})
