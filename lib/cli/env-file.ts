import { loadEnvFile } from 'node:process'

/**
 * Takes variables from `.env` of this folder, where there is one, into the environment; what is set there already stays. Throws
 * an Error that says why the file cannot be read.
 */
export function readEnvFile(): void {
  try {
    loadEnvFile('.env')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw new Error(`.env cannot be read: ${message}`)
  }
}
