/** Follows a JSON object that comes in pieces; linear, however often it is asked. */
export interface JsonObjectScanner {
  add(fragment: string): void
  /** `whole`: the object has its closing brace; `other`: the text does not begin like an object. */
  state(): 'empty' | 'open' | 'whole' | 'other'
}

/** Characters that wait to be looked at; more of them would be kept for as long as nobody asks. */
const MOST_AHEAD = 64 * 1024

export function jsonObjectScanner(): JsonObjectScanner {
  /** Text that nobody has asked about yet. */
  let ahead = ''
  let depth = 0
  let isQuoted = false
  let isEscaped = false
  let state: 'empty' | 'open' | 'whole' | 'other' = 'empty'

  const scan = (character: string) => {
    if (state === 'empty') {
      if (character.trim() !== '') state = character === '{' ? 'open' : 'other'
      depth = 1
    } else if (state === 'open') {
      if (isEscaped) isEscaped = false
      else if (isQuoted) {
        if (character === '"') isQuoted = false
        else isEscaped = character === '\\'
      } else if (character === '"') isQuoted = true
      else if (character === '{' || character === '[') depth += 1
      else if (character === '}' || character === ']') depth -= 1
      if (depth === 0) state = 'whole'
    }
  }

  const scanAll = () => {
    for (const character of ahead) scan(character)
    ahead = ''
  }

  return {
    add(fragment) {
      ahead += fragment
      if (ahead.length > MOST_AHEAD) scanAll()
    },
    state() {
      scanAll()
      return state
    },
  }
}
