import { demand } from '../judge.ts'

/** An event with a name, as its `data` tells it. */
export interface NamedEvent {
  type: string
  [field: string]: unknown
}

/** The events of a body, comments left out. Throws Violation for a frame that clients of named events cannot read. */
export function namedEvents(body: string): NamedEvent[] {
  const blocks = body.split('\n\n')
  demand(blocks.pop() === '', 'the last frame is not ended')
  return blocks.flatMap((block): NamedEvent[] => {
    if (block.startsWith(':')) return []
    const [, name, data] = /^event: ([^\r\n]+)\ndata: ([^\r\n]+)$/.exec(block) ?? []
    demand(name !== undefined && data !== undefined, `a frame that is no event: ${block}`)
    const event = JSON.parse(data) as NamedEvent
    demand(event.type === name, `an event of two names: ${block}`)
    return [event]
  })
}
