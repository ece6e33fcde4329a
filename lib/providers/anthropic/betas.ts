import type { ApiError, Endpoint, NativePassage, NativeRequest } from '../../types/provider.ts'
import { betaNames } from './native.ts'

/** The betas of a request to Claude at a host other than Anthropic's, and what becomes of it if the model has them not. */
export interface HostBetas extends Pick<NativePassage, 'otherApi'> {
  readonly names: readonly string[]
}

/** The word for the API that a model was found to be served by which takes no betas of a client's. */
const WITHOUT_BETAS = 'without-betas'

/**
 * The target's own betas, and those of the client's that the host has, by the host's name for them: a request with any other is
 * refused. A newer model may refuse what an older one takes, since it does the same without being asked; it is then asked without.
 */
export function hostBetas(
  known: ReadonlySet<string>,
  native: NativeRequest,
  { fields, api }: Pick<Endpoint, 'fields' | 'api'>,
): HostBetas {
  const own = betaNames({ ...native, headers: {} }, { fields })
  if (api === WITHOUT_BETAS) return { names: own }
  const given = betaNames(native, { fields }).map((name) => (own.includes(name) ? name : (ELSEWHERE.get(name) ?? name)))
  const names = [...new Set(given)].filter((name) => own.includes(name) || known.has(name))
  return {
    names,
    ...(names.length > own.length && {
      otherApi: ({ message }: ApiError) => (BETA_REFUSED.test(message) ? WITHOUT_BETAS : undefined),
    }),
  }
}

/**
 * Names that clients have for Anthropic alone. Sources: Claude Code's constants (`TOOL_SEARCH_BETA_HEADER_1P` and `…_3P`, which is for
 * Vertex AI and Bedrock), BerriAI/litellm `anthropic_beta_headers_config.json`.
 */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['advanced-tool-use-2025-11-20', 'tool-search-tool-2025-10-19'],
])

/** Sources: anthropics/claude-code#49370 (Bedrock), #21625 (Vertex AI). */
const BETA_REFUSED = /invalid beta flag|Unexpected value\(s\).*anthropic-beta/is
