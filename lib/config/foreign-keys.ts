/** What people bring from other gateways and streamgate does not do, with what to do instead. */
export const NO_SUCH_FEATURE: Readonly<Record<string, string>> = {
  cache: '',
  virtual_key: 'give provider and api_key instead',
  before_request_hooks: '',
  after_request_hooks: '',
  input_guardrails: '',
  output_guardrails: '',
  default_input_guardrails: '',
  default_output_guardrails: '',
  guardrails: '',
  input_mutators: '',
  output_mutators: '',
  prompt_id: '',
  mcp_servers: '',
  integrations: '',
  rate_limit: '',
  budget: '',
}

/** Known keys in the wrong place or under another name, and where they belong. */
export const MISPLACED: Readonly<Record<string, string>> = {
  model: 'override_params.model',
  temperature: 'override_params.temperature',
  max_tokens: 'override_params.max_tokens',
  base_url: 'custom_host',
  timeout: 'request_timeout',
  mode: 'strategy.mode',
  conditions: 'strategy.conditions',
  sticky: 'strategy.sticky',
  cb_config: 'cb_config beside strategy, or in a target',
  attempts: 'retry.attempts',
  retries: 'retry.attempts',
  max_retries: 'retry.attempts',
  on_status_codes: 'retry.on_status_codes or strategy.on_status_codes',
}

/** What people call a provider, after its models or its maker. */
export const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  openai: ['gpt', 'chatgpt'],
  anthropic: ['claude'],
  google: ['gemini', 'google-ai', 'google_ai', 'google-genai'],
  'vertex-ai': ['google-vertex', 'vertex_ai', 'vertexai', 'gcp'],
  bedrock: ['aws', 'amazon', 'aws-bedrock', 'amazon-bedrock'],
  'azure-openai': ['azure', 'azure-ai', 'microsoft'],
}
