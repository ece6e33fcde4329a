import assert from 'node:assert/strict'
import { assistantTurn, callBook, unwrapped, userTurn } from './reading.ts'
import { type Answer, type System, TOKENS, type Turn } from './system.ts'

interface Part {
  text?: string
  inlineData?: { mimeType: string; data: string }
  functionCall?: { id?: string; name: string; args: Record<string, unknown> }
  functionResponse?: { id?: string; name: string; response: Record<string, unknown> }
}

interface Body {
  systemInstruction?: { parts: { text: string }[] }
  contents: { role: 'user' | 'model'; parts: Part[] }[]
  tools?: { functionDeclarations: { name: string; description: string; parametersJsonSchema: unknown }[] }[]
  generationConfig: {
    stopSequences?: string[]
    responseMimeType?: string
    responseJsonSchema?: unknown
    thinkingConfig?: { includeThoughts?: boolean; thinkingLevel?: string }
  }
}

/** Frames of new parts only, separated by CRLF as Google does. Calls come whole, the first one with the signature. */
function tell({ reasoning, signature, text = [], calls = [], end }: Answer, ids: boolean): string[] {
  const frame = (parts: unknown[], more: object = {}, counts: object = {}) => ({
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
    usageMetadata: { promptTokenCount: TOKENS.input, totalTokenCount: TOKENS.input, ...counts },
    modelVersion: 'native-model',
    responseId: 'resp1',
  })
  const frames = [
    ...(reasoning === undefined ? [] : [frame([{ text: reasoning, thought: true }])]),
    ...text.map((piece) => frame([{ text: piece }])),
  ]
  if (calls.length > 0) {
    const parts = calls.map(({ id, name, arguments: args }, index) => ({
      functionCall: { ...(ids && { id }), name, args },
      ...(index === 0 && signature && { thoughtSignature: signature }),
    }))
    frames.push(frame(parts))
  }
  const finishReason = end === 'length' ? 'MAX_TOKENS' : 'STOP'
  const counts = { candidatesTokenCount: TOKENS.output, totalTokenCount: TOKENS.input + TOKENS.output }
  frames.push(frame([{ text: '' }], { finishReason }, counts))
  return frames.map((each) => `data: ${JSON.stringify(each)}\r\n\r\n`)
}

/** Vertex knows no ids: a turn's results answer the calls before it in their order. */
function readTurns({ contents }: Body, ids: boolean): Turn[] {
  const book = callBook(/./)
  const turns = contents.map(({ role, parts }): Turn => {
    assert(parts.length > 0)
    const text = parts.map((part) => part.text ?? '').join('')
    const idOf = ({ id, name }: { id?: string; name: string }, index: number) => {
      assert.equal(id !== undefined, ids)
      return id ?? `${index}:${name}`
    }
    if (role === 'model') {
      const calls = parts.flatMap(({ functionCall }) => functionCall ?? [])
      return assistantTurn(
        text,
        calls.map((call, index) => book.called(idOf(call, index), call.name, call.args)),
      )
    }
    assert.equal(role, 'user')
    const results = parts.flatMap(({ functionResponse }) => functionResponse ?? [])
    if (results.length === 0) {
      const images = parts.flatMap(({ inlineData }) => inlineData ?? [])
      return userTurn(
        text,
        images.map(({ mimeType, data }) => ({ mime: mimeType, data })),
      )
    }
    assert.equal(results.length, parts.length)
    return {
      results: results.map((result, index) => {
        const answered = book.answered(idOf(result, index), unwrapped(result.response))
        assert.equal(result.name, answered.name)
        return answered
      }),
    }
  })
  book.close()
  return turns
}

/** `path` is what stands before the model; `ids`: whether calls have ids. */
function gemini(path: string, ids: boolean): Omit<System, 'target' | 'error'> {
  const address = new RegExp(`^${path}(.+):streamGenerateContent\\?alt=sse$`)
  return {
    model: 'gemini-3.1-pro-preview',
    contentType: 'text/event-stream',
    tell: (answer) => tell(answer, ids),
    thoughts: 'told',
    callIds: ids,
    hear({ url, body }) {
      const [, model = assert.fail(url)] = address.exec(url) ?? []
      const native = JSON.parse(body) as Body
      const { stopSequences = [], responseMimeType, responseJsonSchema, thinkingConfig } = native.generationConfig
      if (responseJsonSchema !== undefined) assert.equal(responseMimeType, 'application/json')
      return {
        model,
        system: (native.systemInstruction?.parts ?? []).map(({ text }) => text).join(''),
        turns: readTurns(native, ids),
        tools: (native.tools?.[0]?.functionDeclarations ?? []).map(({ name, description, parametersJsonSchema }) => ({
          name,
          description,
          parameters: parametersJsonSchema,
        })),
        stop: stopSequences,
        schema: responseJsonSchema,
        thinks: thinkingConfig?.includeThoughts === true && thinkingConfig.thinkingLevel === 'high',
      }
    },
  }
}

export const google: System = {
  ...gemini('/v1beta/models/', true),
  target: (url) => ({ provider: 'google', custom_host: url }),
  error: {
    status: 429,
    body: {
      error: {
        code: 429,
        message: 'Resource has been exhausted (e.g. check quota).',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' }],
      },
    },
    message: /has been exhausted/,
    code: 'rate_limit_exceeded',
    seen: 429,
    raised: 'RateLimitError',
  },
}

/** With an API key, as @google/genai sends it, there is neither project nor region. */
export const vertexAi: System = {
  ...gemini(`(?:/v1beta1/projects/my-project/locations/europe-west4|/v1)/publishers/google/models/`, false),
  target: (url) => ({
    provider: 'vertex-ai',
    custom_host: url,
    vertex_project_id: 'my-project',
    vertex_region: 'europe-west4',
  }),
  error: {
    status: 403,
    body: [{ error: { code: 403, message: "Permission 'predict' denied on resource.", status: 'PERMISSION_DENIED' } }],
    message: /denied on resource/,
    code: null,
    seen: 403,
    raised: 'PermissionDeniedError',
  },
}
