import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'

/** Where this machine keeps its own names. */
export const HOSTS_FILE =
  process.platform === 'win32' ? `${process.env.SystemRoot}\\System32\\drivers\\etc\\hosts` : '/etc/hosts'

/** The addresses that the text of a hosts file gives a name, in its order (hosts(5)). */
export function addressesIn(text: string, name: string): LookupAddress[] {
  const wanted = name.toLowerCase()
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    const family = isIP(address)
    return family !== 0 && names.some((each) => each.toLowerCase() === wanted) ? [{ address, family }] : []
  })
}
