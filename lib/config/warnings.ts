import { equivalentsOf } from '../providers/equivalents.ts'
import type { ResolvedConfig, ResolvedTarget } from './resolved.ts'
import { targetsOf } from './targets-of.ts'

/** Doubts about a config that is right by its letters: shown at start and by `streamgate check`, a line each. */
export function warningsOf({ route, request }: ResolvedConfig): string[] {
  const targets = targetsOf(route)
  return targets.flatMap((target, index) => [
    ...(index > 0 ? ofModel(target) : []),
    ...ofHost(target),
    ...(request.totalTimeout === undefined ? ofDeadlines(target) : []),
  ])
}

function ofModel({ name, provider, settings, customHost, fields }: ResolvedTarget): string[] {
  const { overrideParams, models, equivalentModels } = settings
  const own = overrideParams.model !== undefined || models['*'] !== undefined || fields.deployment_id !== undefined
  const equivalents = equivalentsOf(provider.name)
  if (own || customHost !== undefined || equivalents === undefined) return []
  const asked = equivalentModels
    ? `it is asked for ${equivalents.join(' or ')} in place of another family's model`
    : "it is asked for other families' models, and cannot know them"
  return [`${name}: names no model. As a fallback ${asked}; "models" or "override_params.model" say which.`]
}

/** What is appended to a base URL, and how a base URL ends. */
const PATHS: Readonly<Record<string, { appended: RegExp; ends: string }>> = {
  openai: { appended: /\/chat\/completions$/, ends: '/v1' },
  groq: { appended: /\/chat\/completions$/, ends: '/v1' },
  'mistral-ai': { appended: /\/chat\/completions$/, ends: '/v1' },
  anthropic: { appended: /\/messages$/, ends: '/v1' },
  'together-ai': { appended: /\/v1(\/chat\/completions)?$/, ends: '' },
  cohere: { appended: /\/v[12](\/chat)?$/, ends: '' },
  google: { appended: /\/v1(beta)?(\/models.*)?$/, ends: '' },
  bedrock: { appended: /\/model(\/.*)?$/, ends: '' },
  'azure-openai': { appended: /\/(deployments\/.*|chat\/completions)$/, ends: '/openai' },
}

function ofHost({ name, provider, customHost }: ResolvedTarget): string[] {
  const paths = PATHS[provider.name]
  if (customHost === undefined || paths === undefined) return []
  const path = new URL(customHost).pathname.replace(/\/+$/, '')
  if (paths.appended.test(path)) return [`${name}: custom_host ends in ${path}, which is appended anyway.`]
  // Azure's bare address gets its path by itself.
  if (path === '' && paths.ends !== '' && provider.name !== 'azure-openai') {
    return [`${name}: custom_host has no path; the base URL of ${provider.name} ends in ${paths.ends}.`]
  }
  return []
}

function ofDeadlines({ name, settings }: ResolvedTarget): string[] {
  const { firstChunkTimeout, idleTimeout, requestTimeout } = settings
  if (requestTimeout !== undefined || (firstChunkTimeout !== undefined && idleTimeout !== undefined)) return []
  return [`${name}: has no deadline for a provider that falls silent.`]
}
