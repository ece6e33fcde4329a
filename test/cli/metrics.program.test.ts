import assert from 'node:assert/strict'
import { cleanUp, standalone } from '../examples/process.ts'
import { chat } from '../helpers/client.ts'

describe('the metrics of the standalone proxy', function () {
  this.timeout(20_000)
  afterEach(cleanUp)

  it("are at /metrics, in Prometheus' format", async () => {
    const { url } = await standalone()
    await chat(url)
    const response = await fetch(`${url}/metrics`)
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    assert.match(await response.text(), /^streamgate_requests_total\{.* 1$/m)
  })

  it('are told to be switched off', async () => {
    const { url } = await standalone([], { env: { OTEL_SDK_DISABLED: 'true' } })
    const response = await fetch(`${url}/metrics`)
    assert.equal(response.status, 404)
    assert.match(((await response.json()) as { error: { message: string } }).error.message, /OTEL_SDK_DISABLED/)
  })
})
