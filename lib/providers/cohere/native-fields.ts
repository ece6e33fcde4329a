/** Cohere's own fields of v2 that pass as they are. Source: docs.cohere.com, reference of `/v2/chat`. */
export const V2_FIELDS = [
  'safety_mode',
  'citation_options',
  'thinking',
  'strict_tools',
  'priority',
  'raw_prompting',
  'k',
  'p',
]

/** The same of v1. Source: docs.cohere.com, reference of `/v1/chat`. */
export const V1_FIELDS = [
  ...['safety_mode', 'connectors', 'max_input_tokens', 'raw_prompting', 'force_single_step', 'k', 'p'],
  ...['prompt_truncation', 'citation_quality', 'search_queries_only', 'conversation_id', 'return_prompt'],
]
