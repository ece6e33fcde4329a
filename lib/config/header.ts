import type { IncomingHttpHeaders } from 'node:http'
import { RequestError } from '../errors.ts'
import type { Provider } from '../types/provider.ts'
import { checkHost, type HostOptions } from './hosts.ts'
import { type Level, readOuter } from './levels.ts'
import { nearest } from './nearest.ts'
import { ConfigError, collectProblems } from './problems.ts'
import { resolveConfig } from './resolve.ts'
import type { ResolvedConfig } from './resolved.ts'
import { targetsOf } from './targets-of.ts'
import { isRecord } from './values.ts'

const PREFIX = 'x-portkey-'
const CONFIG = 'x-portkey-config'
const PROVIDER = 'x-portkey-provider'
const METADATA = 'x-portkey-metadata'

/** Bytes of x-portkey-config. Node itself takes 16 KB of headers in all, unless its `maxHeaderSize` is raised. */
export const MAX_CONFIG_HEADER = 65_536

/** Bytes of x-portkey-metadata. It stands in every line of the log. */
export const MAX_METADATA_HEADER = 8192

/** How many problems an answer lists. */
const MAX_LISTED = 10

interface HeaderKey {
  /** What it is in a config. */
  readonly key: keyof Level
  /** From the text of the header. What it cannot read it leaves as text, for the check of the key to refuse. */
  readonly read?: (text: string, header: string) => unknown
}

/** The headers that stand for one key of a config each, without their prefix. */
const HEADERS: Readonly<Record<string, HeaderKey>> = {
  provider: { key: 'provider' },
  'custom-host': { key: 'custom_host' },
  metadata: { key: 'metadata', read: readMetadata },
  'request-timeout': { key: 'request_timeout', read: (text) => (/^\d+$/.test(text) ? Number(text) : text) },
  'forward-headers': { key: 'forward_headers', read: readNames },
  'strict-open-ai-compliance': {
    key: 'strict_open_ai_compliance',
    read: (text) => (/^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : text),
  },
  'azure-resource-name': { key: 'resource_name' },
  'azure-deployment-id': { key: 'deployment_id' },
  'azure-api-version': { key: 'api_version' },
  'azure-ad-token': { key: 'azure_ad_token' },
  'aws-access-key-id': { key: 'aws_access_key_id' },
  'aws-secret-access-key': { key: 'aws_secret_access_key' },
  'aws-session-token': { key: 'aws_session_token' },
  'aws-region': { key: 'aws_region' },
  'vertex-project-id': { key: 'vertex_project_id' },
  'vertex-region': { key: 'vertex_region' },
  'anthropic-version': { key: 'anthropic_version' },
  'anthropic-beta': { key: 'anthropic_beta' },
  'openai-organization': { key: 'openai_organization' },
  'openai-project': { key: 'openai_project' },
}

/** What SDKs send of themselves, and what changes nothing in an answer. */
const IGNORED = new Set([
  'api-key',
  'package-version',
  'runtime',
  'runtime-version',
  'platform',
  'trace-id',
  'span-id',
  'span-name',
  'parent-span-id',
  'debug',
  'dangerously-allow-browser',
])

/** Sent by SDKs whatever the user chose, so alone they ask for no config of their own. */
const ALWAYS_SENT = new Set(['metadata', 'strict_open_ai_compliance'])

/** What an SDK can ask for and streamgate does not do. */
const NO_SUCH_FEATURE = new Set([
  'cache',
  'cache-namespace',
  'cache-force-refresh',
  'guardrails',
  'default-input-guardrails',
  'default-output-guardrails',
  'mistral-fim-completion',
  'vertex-service-account-json',
])

export interface HeaderConfigOptions extends HostOptions {
  readonly providers: Readonly<Record<string, Provider>>
}

/**
 * The config that a client sends with its request: x-portkey-config, a whole one as JSON, or a single target in headers
 * of its own. Those headers form a level around the config: it inherits from them, its own values win, and fields reach
 * only the providers that have them. The provider header counts only if the config has neither provider nor targets.
 * Headers without a value, which some SDKs send for options not set, count as absent. The key of a single target is the
 * client's Authorization, and not read here. Queries may not use `$regex`: a pattern made for it never comes to an end.
 *
 * Resolves to undefined if the client asks for no config of its own. Rejects with RequestError, `param` naming the
 * header. Hosts are checked by what they say; all connections for its targets need `guardedLookup` as well.
 */
export async function configFromHeaders(
  headers: IncomingHttpHeaders,
  options: HeaderConfigOptions,
): Promise<ResolvedConfig | undefined> {
  const values = headerValues(headers)
  const text = given(headers[CONFIG])
  const asked = Object.keys(values).filter((key) => !ALWAYS_SENT.has(key))
  if (text === undefined && asked.length === 0) return undefined

  const { provider, ...outer } =
    located(headerOf, () => collectProblems((report) => readOuter(values, '', report))) ?? {}
  const config = text === undefined ? {} : parseConfigHeader(text)
  const hasRoute = !isRecord(config) || Object.hasOwn(config, 'provider') || Object.hasOwn(config, 'targets')
  if (text === undefined && provider === undefined) {
    const message = `${PROVIDER}: is missing, without it or ${CONFIG} there is no use for ${asked.map(headerOf).join(', ')}.`
    throw new RequestError(message, { param: PROVIDER })
  }
  const json = hasRoute || provider === undefined ? config : { ...config, provider }
  const sourceOf = (path: string) =>
    text === undefined || (path === 'provider' && !hasRoute) ? headerOf(path) : CONFIG
  const own = located(sourceOf, () => resolveConfig(json, options.providers, { outer, patterns: false }))
  for (const { customHost: host } of targetsOf(own.route)) {
    if (host === undefined) continue
    checkHost(new URL(host), options, host === outer.custom_host ? headerOf('custom_host') : CONFIG)
  }
  return own
}

/** The headers that stand for keys of a config, as a config. Throws RequestError for those that cannot be obeyed. */
function headerValues(headers: IncomingHttpHeaders): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [header, value] of Object.entries(headers)) {
    const text = given(value)
    if (text === undefined || !header.startsWith(PREFIX) || header === CONFIG) continue
    const name = header.slice(PREFIX.length)
    if (IGNORED.has(name)) continue
    const known = Object.hasOwn(HEADERS, name) ? HEADERS[name] : undefined
    if (known === undefined) throw new RequestError(`${header}: ${unknownHeader(name)}`, { param: header })
    values[known.key] = known.read ? known.read(text, header) : text
  }
  return values
}

function unknownHeader(name: string): string {
  if (name === 'virtual-key') {
    return `streamgate has no such feature, send ${PROVIDER} and the key as Authorization instead`
  }
  if (NO_SUCH_FEATURE.has(name)) return 'streamgate has no such feature'
  const guess = nearest(name, ['config', ...Object.keys(HEADERS)])
  return `streamgate does not know this header${guess === undefined ? '' : `, did you mean ${PREFIX}${guess}?`}`
}

/** The text of a header, unless it is absent or empty. */
function given(value: string | string[] | undefined): string | undefined {
  return (Array.isArray(value) ? value.join(', ') : value) || undefined
}

/** A list of names; empty ones do not count (RFC 9110, 5.6.1). */
function readNames(text: string): string[] {
  return text.split(',').flatMap((name) => name.trim() || [])
}

/**
 * What the client says of its request in `x-portkey-metadata`: data only, for hooks, logs and routing. Throws RequestError.
 */
export function metadataFromHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, unknown>> {
  const text = given(headers[METADATA])
  if (text === undefined) return NONE
  if (text.length > MAX_METADATA_HEADER) throw tooLarge(METADATA, MAX_METADATA_HEADER)
  return readMetadata(text, METADATA)
}

const NONE: Readonly<Record<string, unknown>> = Object.freeze({})

function readMetadata(text: string, header: string): Record<string, unknown> {
  const value = parseJson(text)
  if (isRecord(value) && Object.values(value).every((item) => typeof item === 'string')) return value
  throw new RequestError(`${header}: must be a JSON object whose values are all strings.`, { param: header })
}

function parseConfigHeader(text: string): unknown {
  if (text.length > MAX_CONFIG_HEADER) throw tooLarge(CONFIG, MAX_CONFIG_HEADER)
  const value = parseJson(text)
  if (value !== undefined) return value
  const message = `${CONFIG}: is not valid JSON. It must hold the config itself, streamgate keeps no saved ones.`
  throw new RequestError(message, { param: CONFIG })
}

function tooLarge(param: string, most: number): RequestError {
  return new RequestError(`${param}: is larger than ${most} bytes.`, {
    param,
    status: 431,
    code: 'request_header_too_large',
  })
}

/** Undefined if it is not JSON. The parser's own error is not passed on, since it quotes the text, keys and all. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The header for a path of the config that headers make up. */
function headerOf(path: string): string {
  const name = Object.keys(HEADERS).find((header) => HEADERS[header]?.key === path.split(/[.[]/, 1)[0])
  return name === undefined ? PROVIDER : PREFIX + name
}

/** Turns a ConfigError into a RequestError that names the headers. */
function located<T>(sourceOf: (path: string) => string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const lines = error.problems.map(({ path, message }) => {
      const source = sourceOf(path)
      const isWhole = source === CONFIG ? path === '' : !/[.[]/.test(path)
      return isWhole ? `${source}: ${message}` : `${source}: ${path}: ${message}`
    })
    const more = lines.length > MAX_LISTED ? `; and ${lines.length - MAX_LISTED} more problems` : ''
    const param = sourceOf(error.problems[0]?.path ?? '')
    throw new RequestError(lines.slice(0, MAX_LISTED).join('; ') + more, { param })
  }
}
