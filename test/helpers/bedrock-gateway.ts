/** A program: a gateway to a Bedrock target without keys at the host `argv[2]`. Prints its URL. */
import { gateway } from './gateway.ts'

const bedrock = { provider: 'bedrock', aws_region: 'us-east-1', custom_host: process.argv[2] }
const { url } = await gateway(bedrock, { requestConfig: { allowPrivateHosts: true } })
console.log(url)
