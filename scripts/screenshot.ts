/** Takes the pictures of the playground in docs/. Needs Debian's chromium-headless-shell, or chromium. */
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { startUpstreams } from '../lib/cli/playground/upstreams.ts'
import { launch } from '../test/playground/chromium.ts'
import { served } from '../test/playground/server.ts'

const MOST_BYTES = 200_000
const WIDTH = 1240

const playground = await served(undefined, {}, startUpstreams)
const browser = await launch()
try {
  const whole = await brokenOff('light', async () => {})
  await whole.screenshot({ path: fileOf('playground.png') })
  const restart = await brokenOff('dark', async (page) => {
    await page.getByText('restart', { exact: true }).click()
    await page.getByLabel('They answer in').selectOption('own')
    // Both answers then fit into their boxes.
    await page.getByLabel('Breaks after').fill('8')
  })
  // To fill a field may have scrolled.
  await restart.evaluate('scrollTo(0, 0)')
  // The attempts and the answers, without the form.
  const { x, y, width } = (await restart.locator('#results').boundingBox()) ?? { x: 0, y: 0, width: WIDTH }
  const bottom = await restart.locator('.pair').evaluate((pair) => pair.getBoundingClientRect().bottom)
  await restart.screenshot({ path: fileOf('playground-restart.png'), clip: { x, y, width, height: bottom - y } })
} finally {
  await browser.close()
  await playground.close()
}

for (const name of ['playground.png', 'playground-restart.png']) {
  const { size } = statSync(fileOf(name))
  if (size > MOST_BYTES) throw new Error(`${name} is too large: ${size} bytes`)
  console.log(`${name}: ${size} bytes`)
}

/** The page after the first provider broke off. */
async function brokenOff(colorScheme: 'light' | 'dark', choose: (page: Page) => Promise<void>): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 954 }, colorScheme })
  await page.goto(`${playground.url}/`)
  await choose(page)
  await page.getByRole('button', { name: 'Cut', exact: true }).click()
  await page.locator('#stop:disabled').waitFor()
  return page
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`../docs/${name}`, import.meta.url))
}
