import { streamFailure } from '../../errors.ts'
import type { AwsCredentials } from '../../types/provider.ts'

type Chain = () => Promise<AwsCredentials>

let chain: Promise<Chain | undefined> | undefined

/**
 * The credentials that AWS's default chain finds: the environment, a profile, a process, a container's or a machine's role.
 * Resolves to undefined if its package, an optional peer, is not installed. One chain a process: it remembers and renews what it found.
 */
export async function defaultCredentials(): Promise<AwsCredentials | undefined> {
  try {
    chain ??= loadChain()
    return await (await chain)?.()
  } catch (cause) {
    // Not the cause's own words, which can hold paths and profiles.
    const name = cause instanceof Error ? cause.name : 'unknown'
    throw streamFailure('connect', `@aws-sdk/credential-provider-node could not get AWS credentials (${name}).`, cause)
  }
}

async function loadChain(): Promise<Chain | undefined> {
  try {
    const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
    return defaultProvider()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}
