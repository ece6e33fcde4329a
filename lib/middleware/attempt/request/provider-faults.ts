import { validateHeaderName, validateHeaderValue } from 'node:http'
import { apiError, type UpstreamError, withApi } from '../../../errors.ts'
import type { Options } from '../../../options.ts'
import type { ChatRequest } from '../../../types/chat.ts'
import type { ApiError, Endpoint, HttpRequest, NativePassage, Provider } from '../../../types/provider.ts'

/**
 * What an application's own provider answers is checked where it could do harm: a fault of its author is a failure of its
 * target, named in the log.
 */

/** The request of `encode`, or that of a passage. Throws, or rejects with, a TypeError for one that cannot be sent. */
export function encodedRequest(
  provider: Provider,
  request: ChatRequest,
  endpoint: Endpoint,
  passage?: NativePassage,
): HttpRequest | Promise<HttpRequest> {
  const sendable = (encoded: HttpRequest) => {
    const fault = requestFault(encoded)
    if (fault !== undefined) throw providerFault(provider.name, `encode answered ${fault}`)
    return encoded
  }
  const encoded = passage === undefined ? provider.encode(request, endpoint) : passage.encode()
  return encoded instanceof Promise ? encoded.then(sendable) : sendable(encoded)
}

/** The failure itself, or, if no client could be sent its error, one that stands for it. */
export function sendableFailure(name: string, failure: UpstreamError, logger: Options['logger']): UpstreamError {
  const fault = errorFault(failure.api)
  if (fault === undefined) return failure
  logger?.error(providerFault(name, `its error has ${fault}`))
  return withApi(
    failure,
    apiError(failure.status ?? 502, 'The provider answered with an error that could not be read.'),
  )
}

/** For the log. */
export function providerFault(name: string, fault: string, cause?: unknown): TypeError {
  return new TypeError(`The provider ${name} is at fault: ${fault}.`, { cause })
}

/** Those of the connection itself, and of the body's length, which is known. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['connection', 'expect', 'transfer-encoding', 'upgrade'])

function requestFault(encoded: Partial<HttpRequest> | undefined | null): string | undefined {
  if (typeof encoded !== 'object' || encoded === null) return 'no request'
  const { url, headers, body } = encoded
  if (!(url instanceof URL) || !/^https?:$/.test(url.protocol)) return 'a url that is no http(s) URL'
  if (typeof body !== 'string') return 'a body that is no string'
  if (typeof headers !== 'object' || headers === null) return 'no headers'
  const name = Object.keys(headers).find((each) => !isSendable(each, headers[each]))
  return name === undefined ? undefined : `a header that cannot be sent (${JSON.stringify(name)})`
}

function isSendable(name: string, value: unknown): boolean {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value as string)
    return typeof value === 'string' && !OWN_HEADERS.has(name.toLowerCase())
  } catch {
    return false
  }
}

function errorFault({ status, message, type }: ApiError): string | undefined {
  if (!Number.isInteger(status) || status < 400 || status > 599) return `the status ${String(status)}`
  if (typeof message !== 'string') return 'no message'
  return typeof type === 'string' ? undefined : 'no type'
}
