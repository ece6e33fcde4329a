/** What is asked of an answer. Types only. */

/** What makes a whole answer a failed attempt all the same; the config's `fail_on`. */
export type FailOn =
  | 'empty'
  | 'invalid_tool_calls'
  | 'invalid_json'
  | 'invalid_schema'
  | 'refusal'
  | 'content_filter'
  | 'length'

/** How a broken answer may go on, beside a splice; the config's `mid_stream`. */
export type MidStream = 'continue' | 'restart'
