/** The metadata under the keys that the config names, for the provider's own field; texts alone, since that field has no other. */
export function forwardedMetadata(
  metadata: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): { metadata?: Record<string, string> } {
  const texts = keys.flatMap((key): [string, string][] => {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
    return typeof value === 'string' ? [[key, value]] : []
  })
  return texts.length === 0 ? {} : { metadata: Object.fromEntries(texts) }
}
