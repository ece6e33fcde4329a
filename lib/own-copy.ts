/**
 * The same text in one piece and of its own: not a view of the text that it was cut from, which it would keep alive, nor the
 * pieces that it was joined of, which would be put together anew wherever it is written. It compares faster, too.
 */
export function ownCopy(text: string): string {
  return Buffer.from(text).toString()
}
