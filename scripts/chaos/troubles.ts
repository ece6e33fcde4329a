import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import type { DnsServer, Zone } from '../../test/helpers/dns.ts'

/** Runs the command with its output on a disk of its own, of 32 MB, that stands in a folder which only it can see. */
export const ON_ITS_OWN_DISK = `
set -e
disk=$1; shift
mount -t tmpfs -o size=32m none "$disk"
exec "$@" > "$disk/log"
`

export function canMount(): boolean {
  try {
    execFileSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The disk of a process that was started so. */
export interface Disk {
  fill(): void
  free(): void
  /** The lines of the log that could be written. */
  lines(): Record<string, unknown>[]
}

export function diskOf(pid: number, path: string): Disk {
  const inside = (name: string) => `/proc/${pid}/root${path}/${name}`
  const block = Buffer.alloc(64 * 1024)
  return {
    fill() {
      const filler = openSync(inside('filler'), 'w')
      try {
        // The last pages, too.
        for (const size of [block.length, 4096, 1]) fillBy(filler, block.subarray(0, size))
      } finally {
        closeSync(filler)
      }
    },
    free: () => unlinkSync(inside('filler')),
    lines: () => readFileSync(inside('log'), 'utf8').split('\n').flatMap(parsed),
  }
}

/** Writes until there is no room for one more. */
function fillBy(file: number, block: Buffer): void {
  try {
    while (writeSync(file, block) === block.length);
  } catch {
    // No room.
  }
}

/** A line that was torn where the disk ended is none. */
function parsed(line: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(line) as Record<string, unknown>]
  } catch {
    return []
  }
}

/** The processes that a process has started; none where the system does not tell. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** The ways in which a name goes away: silence, an address where nobody listens, and its end. */
const WAYS: (Zone[string] | undefined)[] = ['silent', { a: ['127.0.0.2'], ttl: 1 }, undefined]

/** Lets one name after the other go away; the one before comes back. */
export function nameTrouble(dns: DnsServer, names: readonly string[]): { next(): void; end(): void; away(): string[] } {
  let turn = 0
  let gone: string[] = []
  const end = () => {
    for (const name of gone) dns.zone[name] = HERE
    gone = []
  }
  return {
    end,
    away: () => gone,
    next() {
      end()
      const name = names[turn % names.length] as string
      const way = WAYS[turn % WAYS.length]
      if (way === undefined) delete dns.zone[name]
      else dns.zone[name] = way
      gone = [name]
      turn += 1
    },
  }
}

export const HERE: Zone[string] = { a: ['127.0.0.1'], ttl: 1 }

/** For `--import`: the program asks this DNS server in place of the machine's. */
export function askingDns(address: string): string {
  const code = `
    import { promises as dns } from 'node:dns'
    const { Resolver } = dns
    dns.Resolver = class extends Resolver {
      constructor(options) {
        super(options)
        this.setServers([${JSON.stringify(address)}])
      }
    }`
  return `data:text/javascript,${encodeURIComponent(code)}`
}
