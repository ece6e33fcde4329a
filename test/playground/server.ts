import { playground } from '../../lib/cli/playground/routes.ts'
import { startUpstreams } from '../../lib/cli/playground/upstreams.ts'
import type { Options } from '../../lib/index.ts'
import { serve } from '../helpers/client.ts'

export interface Served {
  url: string
  close(): Promise<void>
}

/** So that a test has not to wait as one who watches. */
const quick = () => startUpstreams({ pace: 10, patience: 500 })

/** A playground on port 0; without a config, over emulated providers. */
export async function served(config?: unknown, options: Options = {}, emulate = quick): Promise<Served> {
  const { routes, close } = playground({ host: '127.0.0.1', config, options, emulate })
  const server = await serve((req, res) => {
    const path = (req.url ?? '').split('?', 1)[0]
    const route = routes[`${req.method} ${path}`]
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
