/** One SSE event. SDKs skip those without an `event:` line. */
export function eventFrame(event: { type: string }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

export function frames(events: readonly { type: string }[]): string {
  return events.map(eventFrame).join('')
}
