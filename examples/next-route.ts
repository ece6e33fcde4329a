/** streamgate as a route of Next.js: `app/api/chat/completions/route.ts`, for clients whose base URL ends in `/api`. */
import { createFetch, type StreamgateFetch } from '../lib/index.ts'

let chat: StreamgateFetch | undefined

export async function POST(request: Request): Promise<Response> {
  const { APP_TOKEN, OPENAI_API_KEY, OPENAI_BASE_URL = 'https://api.openai.com/v1' } = process.env
  const headers = new Headers(request.headers)
  if (APP_TOKEN === undefined || headers.get('authorization') !== `Bearer ${APP_TOKEN}`) {
    const error = { message: 'This token is not known.', type: 'invalid_request_error', param: null, code: null }
    return Response.json({ error }, { status: 401 })
  }
  // The token is ours: a target without a key of its own would be sent it.
  headers.delete('authorization')

  // Made at the first request: a build has no keys.
  chat ??= createFetch({
    retry: { attempts: 2 },
    targets: [{ provider: 'openai', custom_host: OPENAI_BASE_URL, api_key: OPENAI_API_KEY }],
  })
  return chat(request, { headers })
}
