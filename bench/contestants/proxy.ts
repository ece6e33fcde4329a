/** http-proxy-middleware on Express, on the client's own request and response: nothing is translated. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { ready } from '../ipc.ts'

const { upstream } = JSON.parse(process.argv[2] as string) as { upstream: string }

const app = express()
const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 4096 })
app.use('/v1', createProxyMiddleware({ target: `${upstream}/v1`, changeOrigin: true, agent }))
const server = http.createServer(app)
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', 4096)
await once(server, 'listening')
ready({ port: (server.address() as AddressInfo).port })
