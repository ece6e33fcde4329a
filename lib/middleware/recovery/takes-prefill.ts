import type { Options } from '../../options.ts'
import type { Provider, ProviderFields } from '../../types/provider.ts'
import { providerFault } from '../attempt/request/provider-faults.ts'

/** Whether the provider's model continues a text that it is given. One that throws has no prefill. */
export function takesPrefill(
  { name, prefill }: Provider,
  model: string,
  fields: Readonly<ProviderFields>,
  logger: Options['logger'],
): boolean {
  try {
    return prefill?.(model, fields) === true
  } catch (cause) {
    logger?.error(providerFault(name, 'prefill threw', cause))
    return false
  }
}
