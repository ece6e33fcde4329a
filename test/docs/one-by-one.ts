/**
 * Runs the snippets that the parent names, one at a time, so that what they import is loaded once for all. The parent is told
 * that a snippet has ended; of one that listens the preload tells the port. What is thrown ends the process, as it does
 * everywhere. After a message without one nothing of the parent keeps this
 * process.
 */
import net from 'node:net'
import { pathToFileURL } from 'node:url'

const servers = new Set<net.Server & { closeAllConnections?(): void }>()
const { listen } = net.Server.prototype
net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
  servers.add(this)
  return Reflect.apply(listen, this, args)
} as typeof listen

process.on('message', async ({ path }: { path?: string }) => {
  if (path === undefined) return process.disconnect()
  for (const server of servers) {
    server.close()
    server.closeAllConnections?.()
  }
  servers.clear()
  await import(pathToFileURL(path).href)
  if (servers.size === 0) process.send?.({ code: 0 })
})
