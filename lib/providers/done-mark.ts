/**
 * Whether an event's data is `[DONE]`, OpenAI's mark behind the last event. Relays put it behind the streams of other
 * providers too, where it says nothing, and some write it in their own way.
 */
export function isDoneMark(data: string): boolean {
  return data.length <= LONGEST && /^"?\[DONE\]"?$/i.test(data.trim())
}

/** In characters, with white space around it. */
const LONGEST = 16
