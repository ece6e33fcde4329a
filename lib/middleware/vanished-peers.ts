import { readFile } from 'node:fs/promises'
import { type Socket, SocketAddress } from 'node:net'

type Connection = Pick<Socket, 'localPort' | 'remotePort' | 'remoteAddress' | 'destroy' | 'once'>

interface Options {
  /** How often the kernel's tables are read while there are connections, in milliseconds. @default 15_000 */
  every?: number
  /** So many times the same bytes were sent again, each after twice the time. @default 7: after 25 s at the least */
  retransmissions?: number
}

/** The connections of this network namespace (proc(5)). */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6']

/**
 * Ends connections whose peer acknowledges nothing of what is sent to it. TCP's keep-alive finds a vanished peer only where
 * nothing is on its way to it; else Linux sends the same again for a quarter of an hour, and Node does not have the option that
 * would shorten that (`TCP_USER_TIMEOUT`). The kernel's tables show it. Systems without them are left to their own TCP.
 */
export function vanishedPeers({ every = 15_000, retransmissions = 7 }: Options = {}): (connection: Connection) => void {
  const watched = new Set<Connection>()
  let timer: NodeJS.Timeout | undefined

  const look = async () => {
    if (watched.size === 0) return
    const tables = await Promise.all(TABLES.map((table) => readFile(table, 'latin1').catch(() => undefined)))
    if (tables.every((table) => table === undefined)) clearInterval(timer)
    const vanished = new Set(tables.flatMap((table = '') => unacknowledged(table, retransmissions)))
    // Almost always there is none.
    if (vanished.size === 0) return
    for (const connection of watched) if (vanished.has(nameOf(connection))) connection.destroy(vanishedError())
  }

  return (connection) => {
    if (watched.has(connection)) return
    watched.add(connection)
    connection.once('close', () => watched.delete(connection))
    timer ??= setInterval(look, every).unref()
  }
}

/** One for the process. */
export const watchPeer = vanishedPeers()

function vanishedError(): Error {
  return Object.assign(new Error('the other side acknowledges nothing'), { code: 'ETIMEDOUT' })
}

function nameOf({ localPort, remotePort, remoteAddress }: Connection): string {
  return `${localPort} ${remoteAddress} ${remotePort}`
}

/** Local port, remote address and port, and the retransmissions, of a row whose timer (01) is that of a retransmission. */
const ROW = /^ *\d+: \w+:(\w{4}) (\w+):(\w{4}) \w\w \w+:\w+ 01:\w+ (\w{8})/gm

/** The connections of a table of which bytes were sent again so often, by their names. */
export function unacknowledged(table: string, retransmissions: number): string[] {
  return [...table.matchAll(ROW)].flatMap(([, localPort = '', address = '', remotePort = '', count = '']) =>
    fromHex(count) < retransmissions ? [] : [`${fromHex(localPort)} ${addressOf(address)} ${fromHex(remotePort)}`],
  )
}

function fromHex(digits: string): number {
  return Number.parseInt(digits, 16)
}

/** The kernel writes an address as 32-bit words in the machine's order of bytes, which is little-endian. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex').swap32()
  if (bytes.length === 4) return bytes.join('.')
  const groups = bytes.toString('hex').match(/.{4}/g) ?? []
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}
