import type { Note } from '../adjustments.ts'
import type { Block } from './blocks.ts'
import type { ConverseMessage } from './messages.ts'

/** The other side's words between two turns that were one. */
const BETWEEN: Record<ConverseMessage['role'], ConverseMessage> = {
  user: { role: 'assistant', content: [{ text: 'I see.' }] },
  assistant: { role: 'user', content: [{ text: 'Go on.' }] },
}

/**
 * Turns with blocks of one kind each, for models that answer 400: "Conversation blocks and tool result blocks cannot be provided
 * in the same turn." Turns alternate, so that a word of the other side's comes between.
 */
export function separateTurns(messages: readonly ConverseMessage[], note: Note): ConverseMessage[] {
  return messages.flatMap(({ role, content }) => {
    const runs = runsOf(content)
    if (runs.length > 1) note('mixed-turns')
    return runs.flatMap((run, index) => [...(index === 0 ? [] : [BETWEEN[role]]), { role, content: run }])
  })
}

function runsOf(blocks: readonly Block[]): Block[][] {
  const runs: Block[][] = []
  let last: string | undefined
  for (const block of blocks) {
    const kind = 'toolUse' in block ? 'call' : 'toolResult' in block ? 'result' : 'talk'
    if (kind === last) runs.at(-1)?.push(block)
    else runs.push([block])
    last = kind
  }
  return runs
}
