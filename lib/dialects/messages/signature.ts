/**
 * The signature of thinking that its maker did not sign. Clients echo it unread; its mark keeps such thinking from Anthropic, which
 * would refuse it.
 */
const MARK = 'sg1.'

/** For thinking of this model, which says whose it is. */
export function ownSignature(model: string): string {
  return `${MARK}${Buffer.from(model).toString('base64url')}`
}

export function isOwnSignature(signature: string): boolean {
  return signature.startsWith(MARK)
}
