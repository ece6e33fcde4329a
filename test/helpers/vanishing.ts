import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import { vanishedPeers } from '../../lib/middleware/vanished-peers.ts'

/**
 * Run in one namespace of the network, with the name of another: serves a connection to the other one, cuts the wire, sends, and
 * prints how the connection ends.
 */
const [far = ''] = process.argv.slice(2)
const CLIENT = "require('net').connect(8000, '10.9.1.1').on('error', () => {}).resume()"

const server = net.createServer()
await once(server.listen(8000, '10.9.1.1'), 'listening')
const client = spawn('ip', ['netns', 'exec', far, process.execPath, '-e', CLIENT], { stdio: 'ignore' })
const [socket] = (await once(server, 'connection')) as [Socket]

vanishedPeers({ every: 200, retransmissions: 2 })(socket)
execFileSync('ip', ['-n', far, 'link', 'set', 'wire', 'down'])
socket.write('nobody hears this')
const [error] = (await once(socket, 'close').catch((thrown: NodeJS.ErrnoException) => [thrown])) as [
  NodeJS.ErrnoException,
]
process.stdout.write(`${error.code}: ${error.message}\n`)
client.kill()
server.close()
