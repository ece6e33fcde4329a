import type { Ends } from '../../ends.ts'

/** What made an answer `incomplete` that ends there all the same. Source: openai 7.57, `Response.IncompleteDetails`. */
export const INCOMPLETE_ENDS: Ends = { max_output_tokens: 'length', content_filter: 'content_filter' }
