import dgram from 'node:dgram'
import { once } from 'node:events'

/** What a name leads to; `silent`: its questions get no answer. A name that is not listed does not exist. */
export type Zone = Record<string, { a?: string[]; aaaa?: string[]; ttl?: number } | 'silent'>

export interface DnsServer {
  /** For `Resolver.setServers`. */
  address: string
  /** The questions, as `A name`. */
  questions: string[]
  zone: Zone
  close(): Promise<void>
}

const TYPES: Record<number, 'a' | 'aaaa'> = { 1: 'a', 28: 'aaaa' }
const NXDOMAIN = 3

/** A DNS server on port 0 (RFC 1035, over UDP). */
export async function dnsServer(zone: Zone): Promise<DnsServer> {
  const socket = dgram.createSocket('udp4')
  const questions: string[] = []
  socket.on('message', (message, { port, address }) => {
    const { name, type, end } = questionOf(message)
    questions.push(`${(TYPES[type] ?? String(type)).toUpperCase()} ${name}`)
    const known = zone[name]
    if (known === 'silent') return
    const records = known?.[TYPES[type] ?? 'a'] ?? []
    const head = Buffer.alloc(12)
    message.copy(head, 0, 0, 2)
    head.writeUInt16BE(0x8180 + (known === undefined ? NXDOMAIN : 0), 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(records.length, 6)
    const answers = records.map((record) => recordOf(type, record, known?.ttl ?? 60))
    socket.send(Buffer.concat([head, message.subarray(12, end), ...answers]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    zone,
    async close() {
      socket.close()
      await once(socket, 'close')
    },
  }
}

function questionOf(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  // Resolvers mix the case of names against forgery.
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 }
}

function recordOf(type: number, address: string, ttl: number): Buffer {
  const data = type === 1 ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0) // the question's name
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(ttl, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

/** Of a form such as `2001:db8::1`. */
function ipv6Bytes(address: string): Buffer {
  const [start = [], end = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''))
  const groups = [...start, ...Array.from({ length: 8 - start.length - end.length }, () => '0'), ...end]
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}
