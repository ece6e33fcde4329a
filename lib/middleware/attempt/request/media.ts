import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { checkHost, guardedLookup } from '../../../config/hosts.ts'
import { RequestError } from '../../../errors.ts'
import type { Limits } from '../../../options.ts'
import type { Endpoint } from '../../../types/provider.ts'
import { lookup as sharedLookup } from '../connection/dns/lookup.ts'

export interface MediaOptions {
  limits: Pick<Limits, 'maxMediaBytes' | 'mediaTimeout'>
  /** The hosts that URLs may lead to. The client chose them: every hop is checked, and the address that its name resolves to. */
  hosts: Parameters<typeof guardedLookup>[0]
  /** Ends all fetching. */
  signal: AbortSignal
  /** Called when a server is about to be asked. */
  onFetch?: () => void
}

interface Media {
  mime: string
  /** Base64. */
  data: string
  /** In bytes, before base64. */
  size: number
}

const MAX_REDIRECTS = 3
const REDIRECTS: ReadonlySet<unknown> = new Set([301, 302, 303, 307, 308])

/** Different URLs at most: one request may not become any number of them. */
const MAX_URLS = 100

/**
 * Fetches images and PDFs for one attempt, each URL once. `maxMediaBytes` counts every use of a URL, since its bytes
 * stand in the body as often. The servers see nothing of the client's; errors name no addresses.
 */
export function mediaFetcher({ limits, hosts, signal, onFetch }: MediaOptions): Endpoint['fetchMedia'] {
  const lookup = guardedLookup({ resolver: sharedLookup, ...hosts })
  const fetched = new Map<string, Promise<Media>>()
  let room = limits.maxMediaBytes

  const take = (bytes: number) => {
    if (bytes > room) throw fault(`the request's media exceed maxMediaBytes (${limits.maxMediaBytes})`)
    room -= bytes
  }

  const get = (url: URL, stop: AbortSignal) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      checkHost(url, hosts)
      const headers = { accept: 'image/*, application/pdf', 'accept-encoding': 'identity', 'user-agent': 'streamgate' }
      const client = url.protocol === 'https:' ? https : http
      // `auth`: not even what the URL itself holds.
      const request = client.get(url, { auth: null, agent: false, lookup, headers, signal: stop }, resolve)
      request.on('error', reject)
      // A connection that is closed for an answer 101 is no error to Node.
      request.on('close', () => reject(fault('its server did not answer')))
    })

  const follow = async (url: URL, stop: AbortSignal, redirects = MAX_REDIRECTS): Promise<IncomingMessage> => {
    const response = await get(url, stop)
    const { statusCode, headers } = response
    if (statusCode === 200) return response
    response.destroy()
    if (!REDIRECTS.has(statusCode) || headers.location === undefined) {
      throw fault(`its server answered with status ${statusCode}`)
    }
    if (redirects === 0) throw fault(`it is redirected more than ${MAX_REDIRECTS} times`)
    return follow(new URL(headers.location, url), stop, redirects - 1)
  }

  const read = async (response: IncomingMessage): Promise<Buffer> => {
    const { 'content-encoding': coding = 'identity', 'content-length': length = '0' } = response.headers
    const pieces: Buffer[] = []
    try {
      if (coding !== 'identity') throw fault('its server compresses it, unasked')
      if (Number(length) > room) take(Number(length))
      for await (const piece of response) {
        take((piece as Buffer).length)
        pieces.push(piece as Buffer)
      }
    } finally {
      response.destroy()
    }
    return Buffer.concat(pieces)
  }

  const fetchOne = async (address: string): Promise<Media> => {
    const slow = AbortSignal.timeout(limits.mediaTimeout)
    try {
      const response = await follow(new URL(address), AbortSignal.any([signal, slow]))
      const bytes = await read(response)
      const mime = mediaType(response.headers['content-type'], bytes)
      if (mime === undefined) throw fault('it is neither an image nor a PDF')
      return { mime, data: bytes.toString('base64'), size: bytes.length }
    } catch (thrown) {
      throw slow.aborted ? fault(`it took longer than mediaTimeout (${limits.mediaTimeout} ms)`) : thrown
    }
  }

  const fetchOnce = async (address: string): Promise<Media> => {
    const known = fetched.get(address)
    if (known !== undefined) {
      const media = await known
      take(media.size)
      return media
    }
    if (fetched.size === MAX_URLS) throw fault(`the request has more than ${MAX_URLS} URLs`)
    onFetch?.()
    const fetching = fetchOne(address)
    fetched.set(address, fetching)
    return fetching
  }

  return (address) =>
    fetchOnce(address).catch((thrown: unknown) => {
      signal.throwIfAborted()
      throw new RequestError(`${nameOf(address)} could not be fetched: ${reasonOf(thrown)}.`, FAULT)
    })
}

const FAULT = { param: 'messages', code: 'invalid_image_url' }

/** `reason` completes "could not be fetched: …". */
function fault(reason: string): RequestError {
  return new RequestError(reason, FAULT)
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof RequestError)) return 'the exchange with its server failed'
  return thrown.api.code === FAULT.code ? thrown.message : 'its host may not be reached from here'
}

/** Not all of the URL, whose query may be a key. */
function nameOf(address: string): string {
  return URL.canParse(address) ? `The file at ${new URL(address).host}` : 'A file whose URL is not valid'
}

/** The type by the server's header, else by the first bytes; undefined if it is neither image nor PDF. */
function mediaType(header: string | undefined, bytes: Buffer): string | undefined {
  const type = header?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (/^image\/[\w.+-]+$/.test(type) || type === 'application/pdf') return type
  const start = bytes.toString('hex', 0, 12)
  return SIGNATURES.find(([signature]) => signature.test(start))?.[1]
}

const SIGNATURES: readonly (readonly [RegExp, string])[] = [
  [/^89504e470d0a1a0a/, 'image/png'],
  [/^ffd8ff/, 'image/jpeg'],
  [/^474946383[79]61/, 'image/gif'],
  [/^52494646.{8}57454250/, 'image/webp'],
  [/^255044462d/, 'application/pdf'],
]
