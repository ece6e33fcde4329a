type Environment = Readonly<Record<string, string | undefined>>

export interface StartingPoint {
  /** The text of `gateway.json`, with comments. */
  config: string
  /** The text of `.env.example`. */
  env: string
  /** The providers in it whose keys are in the environment; none, if two stand there as an example. */
  found: string[]
}

interface Known {
  provider: string
  /** A variable by each field; of several names the first that is set. */
  fields: Readonly<Record<string, readonly string[]>>
}

/** By the names that the providers' own SDKs read. Of each, the first field tells that it is there. */
const KNOWN: readonly Known[] = [
  { provider: 'openai', fields: { api_key: ['OPENAI_API_KEY'] } },
  { provider: 'anthropic', fields: { api_key: ['ANTHROPIC_API_KEY'] } },
  { provider: 'google', fields: { api_key: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'] } },
  {
    provider: 'azure-openai',
    fields: {
      api_key: ['AZURE_OPENAI_API_KEY'],
      resource_name: ['AZURE_OPENAI_RESOURCE_NAME', 'AZURE_RESOURCE_NAME'],
      deployment_id: ['AZURE_OPENAI_DEPLOYMENT'],
      api_version: ['OPENAI_API_VERSION', 'AZURE_OPENAI_API_VERSION'],
    },
  },
  {
    provider: 'bedrock',
    fields: {
      aws_access_key_id: ['AWS_ACCESS_KEY_ID'],
      aws_secret_access_key: ['AWS_SECRET_ACCESS_KEY'],
      aws_region: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    },
  },
  { provider: 'mistral-ai', fields: { api_key: ['MISTRAL_API_KEY'] } },
  { provider: 'cohere', fields: { api_key: ['COHERE_API_KEY', 'CO_API_KEY'] } },
  { provider: 'groq', fields: { api_key: ['GROQ_API_KEY'] } },
  { provider: 'together-ai', fields: { api_key: ['TOGETHER_API_KEY'] } },
]

const EXAMPLES = ['openai', 'anthropic']

/** To show how a fallback is added to one provider: the first that is another. */
const FALLBACKS = [
  { provider: 'anthropic', variable: 'ANTHROPIC_API_KEY', model: 'claude-sonnet-5' },
  { provider: 'openai', variable: 'OPENAI_API_KEY', model: 'gpt-5.4' },
] as const

/** A config to begin with, for the providers whose keys are in the environment. `schema`: where its JSON Schema is. */
export function startingPoint(environment: Environment, schema: string): StartingPoint {
  const isSet = (name: string) => Boolean(environment[name])
  const found = KNOWN.filter(({ fields }) => Object.values(fields)[0]?.some(isSet))
  const used = found.length > 0 ? found : KNOWN.filter(({ provider }) => EXAMPLES.includes(provider))
  const targets = used.map(({ provider, fields }) => ({
    provider,
    variables: Object.entries(fields).map(([field, names]) => [field, names.find(isSet) ?? names[0] ?? ''] as const),
  }))
  return {
    config: configOf(targets, schema),
    env: envOf(targets),
    found: found.map(({ provider }) => provider),
  }
}

interface Target {
  provider: string
  variables: (readonly [field: string, variable: string])[]
}

function configOf(targets: readonly Target[], schema: string): string {
  const lines = targets.map(({ provider, variables }) => {
    const fields = variables.map(([field, variable]) => `"${field}": "$${variable}"`)
    const members = [`"provider": "${provider}"`, ...fields]
    return members.length > 2 ? `    {\n      ${members.join(',\n      ')}\n    }` : `    { ${members.join(', ')} }`
  })
  return `{
  // What may stand here: https://github.com/streamgate/streamgate/blob/main/docs/config.md
  "$schema": "${schema}",

  // A target that fails is asked once more; then comes the next one.
  "retry": { "attempts": 1 },

  // How long to wait for the first word, and for the next one, in milliseconds.
  "first_chunk_timeout": 30000,
  "idle_timeout": 30000,

  // The first one answers. Those behind it are asked when it fails, also in the middle of an answer.
  // Keys come from the environment, or from a file .env beside this one.
  "targets": [
${lines.join(',\n')}${targets.length === 1 ? fallbackFor(targets[0]?.provider) : ''}
  ]
}
`
}

function fallbackFor(only: string | undefined): string {
  const { provider, variable, model } = FALLBACKS.find((each) => each.provider !== only) ?? FALLBACKS[0]
  return `,

    // A fallback: put its key into .env, and take the slashes away. "models" says which of its models stands in for those that
    // clients ask for, "*" being all of them.
    // { "provider": "${provider}", "api_key": "$${variable}", "models": { "*": "${model}" } }`
}

function envOf(targets: readonly Target[]): string {
  const lines = targets.map(({ provider, variables }) =>
    [`# ${provider}`, ...variables.map(([, variable]) => `${variable}=`)].join('\n'),
  )
  return `# Copy this file to .env, fill it in, and keep that one out of your repository.

${lines.join('\n\n')}
`
}
