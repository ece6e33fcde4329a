import * as v from 'valibot'

/** Characters. The longest ARNs are shorter, and the tables that models are looked up in are not made for long texts. */
export const LONGEST_MODEL = 2048

/** A model's name, in requests of all dialects. */
export const ModelName = v.pipe(
  v.string(),
  v.nonEmpty('must not be empty'),
  v.maxLength(LONGEST_MODEL, `must be at most ${LONGEST_MODEL} characters long`),
)
