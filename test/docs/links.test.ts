import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { pages, readPage, root } from './snippets.ts'

const { DIALECTS } = (await import(`${'../../lib/cli/playground/client'}/dialects.js`)) as {
  DIALECTS: Record<string, { page: string }>
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  const headings = [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('the links of the documentation', () => {
  for (const page of [...pages(), 'CONTRIBUTING.md', '.github/SECURITY.md', '.github/CODE_OF_CONDUCT.md']) {
    it(`lead somewhere from ${page}`, () => {
      const links = [...readPage(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
      for (const link of links.filter((each) => !/^https?:/.test(each))) {
        const [path = '', anchor] = link.split('#')
        const file = path === '' ? page : join(dirname(page), path)
        assert.ok(existsSync(new URL(file, root)), link)
        if (anchor !== undefined) assert.ok(anchorsOf(file).includes(anchor), link)
      }
    })
  }

  const { files } = JSON.parse(readPage('package.json')) as { files: string[] }
  const isPacked = (path: string) =>
    ['README.md', ...files].some((each) => path === each || path.startsWith(`${each}/`))

  for (const page of ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', { cwd: root })]) {
    it(`lead from ${page} to what the package has with it, or to the web`, () => {
      for (const [, link = ''] of readPage(page).matchAll(/\]\(([^)\s#]+)/g)) {
        assert.ok(/^https?:/.test(link) || isPacked(join(dirname(page), link)), link)
      }
    })

    it(`lead from ${page} to files that are in the repository`, () => {
      for (const [link, path = '', anchor] of readPage(page).matchAll(
        /github\.com\/streamgate\/streamgate\/(?:blob|tree)\/main\/([^)\s#]+)#?([^)\s]*)/g,
      )) {
        assert.ok(existsSync(new URL(path, root)), link)
        if (anchor) assert.ok(anchorsOf(path).includes(anchor), link)
      }
    })
  }

  it('lead somewhere from the playground', () => {
    const html = readPage('lib/cli/playground/client/page.html')
    const links = [...html.matchAll(/href="https:[^"]*\/blob\/main\/([^"#]+)#?([^"]*)"/g)]
    assert.ok(links.length > 3)
    const ofDialects = Object.values(DIALECTS).map(({ page }) => [page, ...`docs/${page}`.split('#')])
    for (const [link, file = '', anchor = ''] of [...links, ...ofDialects]) {
      assert.ok(existsSync(new URL(file, root)), link)
      if (anchor !== '') assert.ok(anchorsOf(file).includes(anchor), link)
    }
  })

  it('lead to every page from docs/README.md', () => {
    const index = readPage('docs/README.md')
    const missing = pages().filter((page) => /^docs\/(?!README)/.test(page) && !index.includes(`(${page.slice(5)})`))
    assert.deepEqual(missing, [])
  })
})
