import { type LookupAddress, lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { RequestError } from '../errors.ts'

/**
 * Where a config that comes with a request may not lead: to the machine itself, its network, or the cloud's metadata
 * service. A config given at start is the operator's own and is not checked here.
 */
export interface HostOptions {
  /** Lets loopback and private networks pass; link-local addresses and metadata services never pass. */
  readonly allowPrivateHosts: boolean
}

const METADATA_NAMES = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  'metadata.azure.internal',
  'metadata.azure.com',
  'metadata.tencentyun.com',
])

/** Names of the machine itself and of networks without public names; each stands for what is below it too. */
const PRIVATE_NAMES = ['localhost', 'localdomain', 'local', 'internal', 'ip6-localhost', 'ip6-loopback']

const NEVER = blockList([
  '0.0.0.0/32', // unspecified; reaches loopback on many systems
  '169.254.0.0/16', // link-local, with the metadata service of most clouds
  '100.100.100.200/32', // metadata, Alibaba Cloud
  '168.63.129.16/32', // platform services, Azure; a public address
  '192.0.0.192/32', // metadata, Oracle Cloud
  '::/128',
  'fe80::/10',
  'fd00:ec2::/32', // metadata, AWS
  'fd20:ce::/32', // metadata, Google Cloud
  '64:ff9b:1::/48', // NAT64 for local use: what is behind it is unknown
  '2001::/32', // Teredo: likewise
])

/** IANA's special-purpose registries. */
const PRIVATE = blockList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::1/128',
  '100::/64',
  '2001:db8::/32',
  '3fff::/20',
  'fc00::/7',
  'fec0::/10',
  'ff00::/8',
])

/** A list of ranges, in which each IPv4 range also stands for the IPv6 addresses that lead to it. */
function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [net = '', prefix] = range.split('/')
    const bits = Number(prefix)
    if (isIP(net) === 6) {
      list.addSubnet(net, bits, 'ipv6')
      continue
    }
    list.addSubnet(net, bits, 'ipv4') // IPv4-mapped addresses, ::ffff:a.b.c.d, are matched by this too
    list.addSubnet(`::${net}`, 96 + bits, 'ipv6') // IPv4-compatible
    list.addSubnet(`::ffff:0:${net}`, 96 + bits, 'ipv6') // IPv4-translated, RFC 2765
    list.addSubnet(`64:ff9b::${net}`, 96 + bits, 'ipv6') // NAT64, RFC 6052
    list.addSubnet(`2002:${hexGroups(net)}::`, 16 + bits, 'ipv6') // 6to4, RFC 3056
  }
  return list
}

function hexGroups(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

/** Why a host of a URL, or an address, may not be used; undefined if it may. */
function refusal(host: string, options: HostOptions): string | undefined {
  const bare = host.replace(/^\[|\]$/g, '')
  const family = isIP(bare)
  return family === 0 ? refusedName(bare, options) : refusedAddress(bare, family === 4 ? 'ipv4' : 'ipv6', options)
}

function refusedAddress(address: string, family: 'ipv4' | 'ipv6', options: HostOptions): string | undefined {
  if (NEVER.check(address, family)) return 'is a link-local address or a metadata service'
  if (!options.allowPrivateHosts && PRIVATE.check(address, family)) return 'is a private or reserved address'
  return undefined
}

function refusedName(host: string, options: HostOptions): string | undefined {
  const name = host.toLowerCase().replace(/\.{1,255}$/, '')
  if (METADATA_NAMES.has(name)) return 'is a metadata service'
  if (options.allowPrivateHosts) return undefined
  const isPrivate = PRIVATE_NAMES.some((local) => name === local || name.endsWith(`.${local}`))
  return isPrivate ? 'is a name of this machine or a private network' : undefined
}

/**
 * Refuses a URL by what it says. What its name resolves to is for `guardedLookup`; both are needed, since no lookup is
 * made for an address. Throws RequestError, with the name of what held the URL as `param`.
 */
export function checkHost(url: URL, options: HostOptions, param = 'custom_host'): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new RequestError(`${param}: must be an http or https URL.`, { param })
  }
  const reason = refusal(url.hostname, options)
  if (reason !== undefined) {
    throw new RequestError(`${param}: ${url.hostname} ${reason}, which is not allowed.`, { param })
  }
}

/**
 * A `lookup` for http.Agent or http.request that fails with a RequestError if any address of the name is refused. The
 * connection is made to the very address that was checked, so a name that changes in between gets nowhere.
 */
export function guardedLookup(options: HostOptions & { readonly resolver?: LookupFunction }): LookupFunction {
  const resolver: LookupFunction = options.resolver ?? lookup
  return (hostname, lookupOptions, callback) => {
    const fail = (reason: string) =>
      callback(new RequestError(`The host ${hostname} ${reason}, which is not allowed.`, { param: 'custom_host' }), [])
    const refused = refusedName(hostname, options)
    if (refused !== undefined) return process.nextTick(fail, refused)
    resolver(hostname, { ...lookupOptions, all: true }, (error, resolved) => {
      if (error) return callback(error, [])
      // With `all` it is a list.
      const addresses = resolved as LookupAddress[]
      // Which address it was stays here: an answer that names it is a map of the network.
      if (addresses.some(({ address }) => refusal(address, options))) {
        return fail('resolves to a private or reserved address')
      }
      const [first] = addresses
      if (lookupOptions.all || first === undefined) return callback(null, addresses)
      callback(null, first.address, first.family)
    })
  }
}
