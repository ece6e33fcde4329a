import type { ModelRow } from '../../model-table.ts'

/** Models that OpenAI serves by its Responses API, for want of another. */
export interface ResponsesRow extends ModelRow {
  /**
   * Which of their requests: all of them, or those with functions and reasoning. These models reason unless they are told not to;
   * Chat Completions then takes no functions.
   */
  readonly only: 'always' | 'functions and reasoning'
}

const PRICE_MAP = {
  source: 'BerriAI/litellm, model_prices_and_context_window.json, mode "responses" (openai and azure)',
  date: '2026-11-01',
}

/** Later rows win. Models that are not listed go by Chat Completions; where that is wrong, it is learned from the refusal. */
export const RESPONSES_MODELS: readonly ResponsesRow[] = [
  { models: /^(o\d+|gpt-5(\.\d+)?)-pro(-|$)/, only: 'always', ...PRICE_MAP },
  { models: /^gpt-5(\.\d+)?-codex|^codex-mini/, only: 'always', ...PRICE_MAP },
  { models: /-deep-research(-|$)|^computer-use-preview|^gpt-daybreak-.*latest$/, only: 'always', ...PRICE_MAP },
  {
    models: /^gpt-(5\.([6-9]|\d\d)|[6-9]|\d\d)(?!.*-(pro|codex|chat))/,
    only: 'functions and reasoning',
    source: 'aaif-goose/goose#11413, Wei-Shaw/sub2api#6740, decolua/9router#4031',
    date: '2026-09-13',
  },
]
