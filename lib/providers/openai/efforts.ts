/** OpenAI's ladder of reasoning efforts for those who know three steps of it. `none` is theirs to say. */
export const THREE_EFFORTS: ReadonlyMap<string, string> = new Map([
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'high'],
  ['max', 'high'],
])
