import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where Debian's packages put it. The one that has no window takes a third less of the machine. */
const EXECUTABLE = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path))

export const hasChromium = EXECUTABLE !== undefined

/** A browser that asks nothing of anybody by itself, with a profile of its own that is gone with it. */
export function launch(): Promise<Browser> {
  const args = [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
  ]
  return chromium.launch({ ...(EXECUTABLE !== undefined && { executablePath: EXECUTABLE }), args })
}
