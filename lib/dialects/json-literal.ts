/** Characters; a longer text is escaped faster by JSON.stringify. */
const SHORT = 40

/** The same as JSON.stringify, and cheaper for the short texts that most of an answer comes in. */
export function jsonLiteral(text: string): string {
  return text.length <= SHORT && isPlain(text) ? `"${text}"` : JSON.stringify(text)
}

const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const FIRST_SURROGATE = 0xd800
const LAST_SURROGATE = 0xdfff

/** Whether a text has no characters that have to be escaped. A RegExp would take several times as long. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code < SPACE || code === QUOTE || code === BACKSLASH) return false
    if (code >= FIRST_SURROGATE && code <= LAST_SURROGATE) return false
  }
  return true
}
