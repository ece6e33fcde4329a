import { readConfig } from './config-file.ts'

/** Where the config comes from. */
export interface Source {
  config: unknown
  /** What to tell the user, once streamgate listens at `url`. */
  welcome(url: string): string
}

/** The config of a file; without one, a config for emulated providers, which are started. */
export async function sourceOf(file: string | undefined): Promise<Source> {
  if (file === undefined) return offline()
  const config = readConfig(file, process.env)
  return { config, welcome: (url) => `streamgate listens at ${url}/v1, with the config ${file}` }
}

/** Loaded only when asked for: its emulator is an optional package. */
async function offline(): Promise<Source> {
  try {
    const { startOffline } = await import('./offline.ts')
    return await startOffline()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes('@copilotkit/aimock')) throw error
    throw new Error(NO_EMULATOR)
  }
}

const NO_EMULATOR = `without --config, emulated providers answer; they need the package @copilotkit/aimock, which is not installed.
With a config:          npx streamgate --config gateway.json
Offline, with no keys:  npm install @copilotkit/aimock
Without any project:    npx -p streamgate -p @copilotkit/aimock streamgate`
