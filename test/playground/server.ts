import type { RequestListener } from 'node:http'
import { playground } from '../../lib/cli/playground/routes.ts'
import { startUpstreams } from '../../lib/cli/playground/upstreams.ts'
import type { Options } from '../../lib/index.ts'
import { serve } from '../helpers/client.ts'

export interface Served {
  url: string
  close(): Promise<void>
}

/** A playground on port 0; without a config, over emulated providers that are quicker than those one watches. */
export async function served(config?: unknown, options: Options = {}, host = '127.0.0.1'): Promise<Served> {
  const { routes, close } = playground({
    host,
    config,
    options,
    emulate: () => startUpstreams({ pace: 10, patience: 500 }),
  })
  const server = await serve((req, res) => {
    const path = (req.url ?? '').split('?', 1)[0]
    const route: RequestListener | undefined = routes[`${req.method} ${path}` as keyof typeof routes]
    if (route === undefined) res.writeHead(404).end()
    else route(req, res)
  })
  return {
    url: server.url,
    async close() {
      await server.close()
      await close()
    },
  }
}
