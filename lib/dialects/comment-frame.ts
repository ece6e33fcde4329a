/** An SSE comment, which clients ignore. Line breaks would end it and are removed. */
export function commentFrame(text: string): string {
  return `: ${text.replaceAll(/[\r\n]+/g, ' ')}\n\n`
}
