import type { ParamLocations } from '../dropped.ts'

/** Locations of a request's parameters in a body of either version. */
export const PARAM_LOCATIONS: ParamLocations = {
  max_tokens: ['max_tokens'],
  max_completion_tokens: ['max_tokens'],
  temperature: ['temperature'],
  top_p: ['p'],
  top_k: ['k'],
  seed: ['seed'],
  stop: ['stop_sequences'],
  frequency_penalty: ['frequency_penalty'],
  presence_penalty: ['presence_penalty'],
  response_format: ['response_format'],
  logprobs: ['logprobs'],
  reasoning_effort: ['thinking'],
  documents: ['documents'],
  safety_mode: ['safety_mode'],
  citation_options: ['citation_options'],
  connectors: ['connectors'],
  max_input_tokens: ['max_input_tokens'],
  raw_prompting: ['raw_prompting'],
  force_single_step: ['force_single_step'],
}
