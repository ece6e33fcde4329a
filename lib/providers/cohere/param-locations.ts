import type { ParamLocations } from '../dropped.ts'
import { nativeLocations } from '../native-fields.ts'
import { V1_FIELDS, V2_FIELDS } from './native-fields.ts'

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
  ...nativeLocations([...V1_FIELDS, ...V2_FIELDS]),
  documents: ['documents'],
}
