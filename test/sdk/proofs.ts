/** What a native request gives back with a call: the proof that the model made it, and what the model said before it. */
export interface Proof {
  call: string
  signature: string
  /** The reasoning that was signed, and the text after it. */
  reasoning?: string
  text?: string
}

/** A block of the model's turn, whatever the API calls it. */
interface Block {
  thought?: { text: string; signature: string } | undefined
  text?: string | undefined
  call?: string | undefined
}

/** The calls that have reasoning before them, with nothing but text between. */
function proofsIn(turn: Block[]): Proof[] {
  return turn.flatMap(({ call }, index) => {
    const before = turn.slice(0, index)
    const at = before.findLastIndex(({ text }) => text === undefined)
    const thought = before[at]?.thought
    if (call === undefined || thought === undefined) return []
    const text = before.slice(at + 1).map((block) => block.text)
    return { call, signature: thought.signature, reasoning: thought.text, text: text.join('') }
  })
}

interface ClaudeBody {
  messages: {
    content: { type: string; text?: string; thinking?: string; signature?: string; name?: string }[]
  }[]
}

/** Claude's own API. */
export function claudeProofs(body: string): Proof[] {
  const { messages } = JSON.parse(body) as ClaudeBody
  return messages.flatMap(({ content }) =>
    proofsIn(
      content.map(({ thinking, signature = '', text, name }) => ({
        thought: thinking === undefined ? undefined : { text: thinking, signature },
        text,
        call: name,
      })),
    ),
  )
}

interface ConverseBody {
  messages: {
    content: {
      text?: string
      toolUse?: { name: string }
      reasoningContent?: { reasoningText: { text: string; signature: string } }
    }[]
  }[]
}

export function converseProofs(body: string): Proof[] {
  const { messages } = JSON.parse(body) as ConverseBody
  return messages.flatMap(({ content }) =>
    proofsIn(
      content.map(({ reasoningContent, text, toolUse }) => ({
        thought: reasoningContent?.reasoningText,
        text,
        call: toolUse?.name,
      })),
    ),
  )
}

interface GeminiBody {
  contents: { parts: { functionCall?: { name: string }; thoughtSignature?: string }[] }[]
}

/** The signature is part of the call; the reasoning itself does not go back. */
export function geminiProofs(body: string): Proof[] {
  const { contents } = JSON.parse(body) as GeminiBody
  return contents.flatMap(({ parts }) =>
    parts.flatMap(({ functionCall, thoughtSignature: signature }) =>
      functionCall === undefined || signature === undefined ? [] : { call: functionCall.name, signature },
    ),
  )
}
