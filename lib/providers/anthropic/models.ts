/** Traits of a model, where models differ. */
export interface Model {
  /** In tokens; undefined for models that are not Anthropic's. */
  maxOutput: number | undefined
  /** Whether `temperature`, `top_p` and `top_k` are accepted. */
  sampling: boolean
  thinking: 'adaptive' | 'budget' | 'none'
  /** The least thinking that can be asked for. */
  leastThinking: 'disabled' | 'between_tools' | 'low-effort'
  /** Whether the model thinks when `thinking` is left out. */
  thinksByDefault: boolean
  xhighEffort: boolean
  /** Whether `tool_choice` may be `any` or `tool`. */
  forcedTools: boolean
  /** Whether `output_config.format` and strict tools are accepted. */
  nativeSchema: boolean
  /** Whether `messages` may hold turns of role `system`. */
  systemTurns: boolean
  /** Whether the model goes on with a last message of the assistant. */
  prefill: boolean
  /** Whether a replayed thinking block is refused when the system prompt or the tools before it have changed. */
  bindsThinking: boolean
}

const ADAPTIVE: Model = {
  maxOutput: 128_000,
  sampling: false,
  thinking: 'adaptive',
  leastThinking: 'disabled',
  thinksByDefault: true,
  xhighEffort: true,
  forcedTools: true,
  nativeSchema: true,
  systemTurns: false,
  prefill: false,
  bindsThinking: false,
}

const BUDGET: Model = {
  ...ADAPTIVE,
  maxOutput: 64_000,
  sampling: true,
  thinking: 'budget',
  thinksByDefault: false,
  nativeSchema: false,
  prefill: true,
}

const LEGACY: Model = { ...BUDGET, maxOutput: 4096, thinking: 'none' }

/**
 * The first match wins; ids of Bedrock and Vertex hold the same names. A digit may not follow a version, or
 * `opus-4-20250514` would count as a 4.2.
 *
 * Sources: @ai-sdk/anthropic `anthropic-model-catalog.ts`; platform.claude.com models overview, mid-conversation system
 * messages (where sources disagree on a model: not accepted) and preserved thinking; the page on tool use for forced tools.
 */
const MODELS: readonly (readonly [RegExp, Model])[] = [
  [/mythos-preview/, { ...ADAPTIVE, leastThinking: 'low-effort', forcedTools: false }],
  [/sonnet-5-5(?!\d)/, { ...ADAPTIVE, leastThinking: 'between_tools', forcedTools: false, bindsThinking: true }],
  [
    /(opus-5-5|(fable|mythos)-5-[12])(?!\d)/,
    { ...ADAPTIVE, leastThinking: 'low-effort', forcedTools: false, systemTurns: true, bindsThinking: true },
  ],
  [/haiku-5-5(?!\d)/, { ...ADAPTIVE, bindsThinking: true }],
  [/opus-5(?!\d)/, { ...ADAPTIVE, systemTurns: true }],
  [/(fable|mythos)-5(?!\d)/, { ...ADAPTIVE, leastThinking: 'low-effort', systemTurns: true }],
  [/opus-4-8(?!\d)/, { ...ADAPTIVE, thinksByDefault: false, systemTurns: true }],
  [/opus-4-7(?!\d)/, { ...ADAPTIVE, thinksByDefault: false }],
  [/sonnet-5(?!\d)/, ADAPTIVE],
  [/(opus|sonnet)-4-6(?!\d)/, { ...ADAPTIVE, sampling: true, thinksByDefault: false, xhighEffort: false }],
  [/(sonnet|opus|haiku)-4-5(?!\d)/, { ...BUDGET, nativeSchema: true }],
  [/opus-4-1(?!\d)/, { ...BUDGET, maxOutput: 32_000, nativeSchema: true }],
  [/sonnet-4(-|@|$)|3-7-sonnet/, BUDGET],
  [/opus-4(-|@|$)/, { ...BUDGET, maxOutput: 32_000 }],
  [/claude-3-5/, { ...LEGACY, maxOutput: 8192 }],
  [/claude-(3|v?2|instant)(?!\d)/, LEGACY],
  [/claude/, { ...ADAPTIVE, leastThinking: 'low-effort' }],
]

/** Models behind a custom host that speak this dialect: nothing but the plain parameters. */
const FOREIGN: Model = { ...LEGACY, maxOutput: undefined, prefill: false }

/** The models of late, since each request asks several times. The names are the clients', so there is a limit. */
const found = new Map<string, Model>()
const MOST_FOUND = 100

/** The traits of the model with this id. */
export function modelFor(id: string): Model {
  const known = found.get(id)
  if (known !== undefined) return known
  const model = MODELS.find(([pattern]) => pattern.test(id))?.[1] ?? FOREIGN
  if (found.size === MOST_FOUND) found.clear()
  found.set(id, model)
  return model
}
