/**
 * Loaded ahead of a snippet, so that it runs as it stands and yet without keys and network: connections to providers lead to
 * an emulator, and port 8787 is another one. If the snippet listens on it, that is any free port, of which the parent is
 * told; if it connects to it, that is the parent's gateway. Port 9464, for metrics, is any free port as well.
 */
import { syncBuiltinESMExports } from 'node:module'
import net, { type AddressInfo } from 'node:net'
import tls from 'node:tls'

const PORT = 8787
const METRICS_PORT = 9464
const { EMULATOR_PORT, GATEWAY_PORT } = process.env

// In the clear: TLS would need a certificate in the provider's name.
Object.assign(tls, { connect: () => net.connect(Number(EMULATOR_PORT), '127.0.0.1') })
syncBuiltinESMExports()

const { listen } = net.Server.prototype
net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
  const [where, ...rest] = args
  const port = typeof where === 'object' ? (where as { port?: unknown } | null)?.port : where
  if (port !== PORT && port !== METRICS_PORT) return Reflect.apply(listen, this, args)
  if (port === PORT) this.once('listening', () => process.send?.({ port: (this.address() as AddressInfo).port }))
  return Reflect.apply(listen, this, [typeof where === 'object' ? { ...where, port: 0 } : 0, ...rest])
} as typeof listen

const { connect } = net.Socket.prototype
net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  // Node's own modules have the arguments in a list already, with the options first.
  const options = (Array.isArray(args[0]) ? args[0][0] : args[0]) as { port?: unknown; host?: string }
  if (Number(options?.port) === PORT) Object.assign(options, { port: Number(GATEWAY_PORT), host: '127.0.0.1' })
  return Reflect.apply(connect, this, args)
} as typeof connect
