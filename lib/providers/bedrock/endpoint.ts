import { RequestError } from '../../errors.ts'
import type { Endpoint } from '../../types/provider.ts'

type Operation = 'converse' | 'converse-stream' | 'invoke-with-response-stream' | 'count-tokens'

/**
 * The URL of a model's operation. Ids and ARNs are encoded whole, slashes too: the form that AWS signs.
 * Source: endpoint/bdd.js of @aws-sdk/client-bedrock-runtime.
 */
export function modelUrl(model: string, operation: Operation, endpoint: Endpoint): URL {
  if (/^\.{0,2}$|\p{Surrogate}/u.test(model))
    throw new RequestError('This is not the name of a model.', { param: 'model' })
  const base = endpoint.customHost ?? regionalHost(model, endpoint)
  return new URL(`${base}/model/${encodeURIComponent(model)}/${operation}`)
}

/**
 * `aws_region`, else the region that an ARN names: `arn:aws:bedrock:us-east-1:…`. Anything but a region's name would put
 * a host of the client's choice into the URL.
 */
export function regionOf(model: string, endpoint: Endpoint): string {
  const region = endpoint.fields.aws_region ?? (model.startsWith('arn:') ? model.split(':')[3] : undefined)
  if (region === undefined || !/^[a-z0-9-]+$/.test(region)) {
    throw new RequestError('Bedrock needs an AWS region: set aws_region.', { code: 'invalid_config' })
  }
  return region
}

function regionalHost(model: string, endpoint: Endpoint): string {
  const region = regionOf(model, endpoint)
  return `https://bedrock-runtime.${region}.${domainOf(region)}`
}

function domainOf(region: string): string {
  if (region.startsWith('cn-')) return 'amazonaws.com.cn'
  if (region.startsWith('eusc-')) return 'amazonaws.eu'
  return 'amazonaws.com'
}
