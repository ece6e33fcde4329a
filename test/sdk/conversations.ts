import type OpenAI from 'openai'
import type { Answer, Called, Heard, Tool, Turn } from './systems/system.ts'

type Params = OpenAI.Chat.ChatCompletionCreateParamsStreaming

/** What the client says, or the results of the calls before, in their order; and what the model answers. */
export interface Step {
  user?: string
  image?: string
  results?: string[]
  answer: Answer
}

export interface Conversation {
  system?: string
  steps: Step[]
  tools?: Tool[]
  stop?: string[]
  schema?: Record<string, unknown>
  effort?: 'high'
}

const string = (description: string) => ({ type: 'string', description })
const object = (properties: Record<string, unknown>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

const WEATHER: Tool = {
  name: 'get_weather',
  description: 'Tells the weather of a city',
  parameters: object({ city: string('Its name') }),
}
const FLIGHT: Tool = {
  name: 'book_flight',
  description: 'Books a flight',
  parameters: object({ to: string('Where to'), seats: { type: 'integer', description: 'How many' } }),
}
const weatherIn = (city: string, id: string) => ({ id, name: WEATHER.name, arguments: { city } })

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

export const CONVERSATIONS: Readonly<Record<string, Conversation>> = {
  text: {
    steps: [{ user: 'How is the weather in Paris?', answer: { text: ['It is ', 'sunny – 21 °C ☀.'] } }],
  },
  'system prompt': {
    system: 'Answer in one word.',
    steps: [{ user: 'Sun or rain?', answer: { text: ['Sun.'] } }],
  },
  'multi-turn': {
    steps: [
      { user: 'My name is Ada.', answer: { text: ['Hello ', 'Ada.'] } },
      { user: 'And I am 36.', answer: { text: ['Noted.'] } },
      { user: 'Who am I?', answer: { text: ['Ada, 36, and on ', 'and on'], end: 'length' } },
    ],
  },
  'one tool': {
    tools: [WEATHER],
    steps: [{ user: 'How is the weather in Paris?', answer: { calls: [weatherIn('Paris', 'pariS0001')] } }],
  },
  'parallel tools': {
    tools: [WEATHER, FLIGHT],
    steps: [
      {
        user: 'Compare Paris and Rome.',
        answer: { text: ['I will look.'], calls: [weatherIn('Paris', 'pariS0001'), weatherIn('Rome', 'romE00002')] },
      },
      { results: ['sunny', '{"sky":"rain","degrees":9}'], answer: { text: ['Paris is better.'] } },
    ],
  },
  'tool results over three turns': {
    system: 'Book only where the sun shines.',
    tools: [WEATHER, FLIGHT],
    steps: [
      { user: 'Book me a flight.', answer: { calls: [weatherIn('Oslo', 'osLo00001')] } },
      { results: ['snow'], answer: { calls: [weatherIn('Rome', 'romE00002')] } },
      {
        results: ['sunny'],
        answer: { calls: [{ id: 'fliGht003', name: FLIGHT.name, arguments: { to: 'Rome', seats: 2 } }] },
      },
      { results: ['booked'], answer: { text: ['Enjoy Rome.'] } },
    ],
  },
  'JSON schema': {
    schema: object({ city: string('Its name'), sunny: { type: 'boolean' } }),
    steps: [{ user: 'Where is the sun?', answer: { text: ['{"city":"Par', 'is","sunny":true}'] } }],
  },
  'image by data URL': {
    steps: [{ user: 'What is this?', image: PIXEL, answer: { text: ['A pixel.'] } }],
  },
  reasoning: {
    effort: 'high',
    steps: [{ user: 'Is 91 prime?', answer: { reasoning: '91 = 7 · 13', text: ['No.'] } }],
  },
  'long stop list': {
    stop: ['END', '\n\nUser:', '###', '</answer>'],
    steps: [{ user: 'Count.', answer: { text: ['one, two, '], end: 'sequence' } }],
  },
}

/** The parameters of the request beside its messages. */
export function params({ tools, stop, schema, effort }: Conversation): Omit<Params, 'model' | 'messages' | 'stream'> {
  return {
    ...(tools && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: 'function',
        function: { name, description, parameters: parameters as Record<string, unknown> },
      })),
    }),
    ...(stop && { stop }),
    ...(schema && { response_format: { type: 'json_schema', json_schema: { name: 'weather', schema, strict: true } } }),
    ...(effort && { reasoning_effort: effort }),
  }
}

/** What a step adds to the messages. `called`: the ids under which the client knows the calls before. */
export function said({ user, image, results }: Step, called: readonly string[]): Params['messages'] {
  if (user === undefined) {
    return called.map((tool_call_id, index) => ({ role: 'tool', tool_call_id, content: results?.[index] ?? '' }))
  }
  if (image === undefined) return [{ role: 'user', content: user }]
  const url = `data:image/png;base64,${image}`
  return [
    {
      role: 'user',
      content: [
        { type: 'text', text: user },
        { type: 'image_url', image_url: { url } },
      ],
    },
  ]
}

/** The messages of a conversation's last request, under the ids that the model gave. */
export function messagesOf({ system, steps }: Conversation): Params['messages'] {
  const messages: Params['messages'] = system === undefined ? [] : [{ role: 'system', content: system }]
  let called: string[] = []
  for (const step of steps) {
    messages.push(...said(step, called))
    const { text = [], calls = [] } = step.answer
    called = calls.map(({ id }) => id)
    const tool_calls = calls.map(({ id, name, arguments: args }) => ({
      id,
      type: 'function' as const,
      function: { name, arguments: JSON.stringify(args) },
    }))
    messages.push({ role: 'assistant', content: text.join(''), ...(calls.length > 0 && { tool_calls }) })
  }
  return messages.slice(0, -1)
}

/** What the provider must hear with the last request of a conversation. */
export function heardOf(conversation: Conversation): Omit<Heard, 'model'> {
  const turns: Turn[] = []
  let open: Called[] = []
  for (const { user, image, results = [], answer } of conversation.steps) {
    if (user === undefined)
      turns.push({ results: open.map((call, index) => ({ ...call, result: results[index] ?? '' })) })
    else turns.push(image === undefined ? { user } : { user, images: [{ mime: 'image/png', data: image }] })
    open = (answer.calls ?? []).map(({ name, arguments: args }) => ({ name, arguments: args }))
    turns.push({ assistant: (answer.text ?? []).join(''), ...(open.length > 0 && { calls: open }) })
  }
  const { system = '', tools = [], stop = [], schema, effort } = conversation
  return { system, turns: turns.slice(0, -1), tools, stop, schema, thinks: effort !== undefined }
}
