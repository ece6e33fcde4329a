/** What the page lets a model call. */
export const REMINDER = {
  name: 'create_reminder',
  description: 'Reminds the user of something.',
  input: {
    type: 'object',
    properties: { title: { type: 'string' }, notes: { type: 'string' } },
    required: ['title', 'notes'],
    additionalProperties: false,
  },
}

/**
 * The prompt of what is asked for.
 *
 * @type {Record<string, string>}
 */
export const PROMPTS = {
  text: 'How do you keep a stream whole?',
  tool: 'Remind me to water the plants.',
  json: 'Describe Paris as JSON.',
}
