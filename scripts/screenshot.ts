/** Takes docs/playground.png: the page after the first provider broke off. Needs Debian's chromium. */
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startUpstreams } from '../lib/cli/playground/upstreams.ts'
import { launch } from '../test/playground/chromium.ts'
import { served } from '../test/playground/server.ts'

const FILE = fileURLToPath(new URL('../docs/playground.png', import.meta.url))
const MOST_BYTES = 200_000

const playground = await served(undefined, {}, startUpstreams)
const browser = await launch()
try {
  const page = await browser.newPage({ viewport: { width: 1240, height: 788 }, colorScheme: 'light' })
  await page.goto(`${playground.url}/`)
  await page.getByRole('button', { name: 'Cut' }).click()
  await page.locator('#stop:disabled').waitFor()
  await page.screenshot({ path: FILE })
} finally {
  await browser.close()
  await playground.close()
}

const { size } = statSync(FILE)
if (size > MOST_BYTES) throw new Error(`${FILE} is too large: ${size} bytes`)
console.log(`${FILE}: ${size} bytes`)
