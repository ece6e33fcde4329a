/** One request through a gateway with the telemetry that the environment asks for. Prints what `GET /metrics` would answer. */
import { startTelemetry } from '../../lib/cli/telemetry.ts'
import { chat } from '../helpers/client.ts'
import { gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

const log = { warn: console.error, error: console.error }
const telemetry = await startTelemetry(process.env, { log })
const up = await scripted({ chunks: answer('fine') })
const gate = await gateway(target(up.url), telemetry.hooks)
await chat(gate.url)
await gate.finished()
console.log((await telemetry.metrics?.()) ?? 'none')
await telemetry.stop()
await gate.close()
await up.close()
