import type { NameRules } from '../tool-names.ts'

/** OpenAI's names of tools. Source: its 400, "string does not match pattern"; the same in mistral-common. */
export const OPENAI_NAMES: NameRules = { pattern: /^[a-zA-Z0-9_-]+$/, longest: 64 }
