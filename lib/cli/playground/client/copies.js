import { element } from './controls.js'

/** How long a button says that it has copied, in milliseconds. */
const SAID = 2000

/**
 * What is shown, as a command for a shell.
 *
 * @param {import('./controls.js').Request} request
 * @param {'offline' | 'config'} mode
 */
export function curlOf({ dialect, query, body }, mode) {
  const emulated = new URLSearchParams({ id: 'typed-in-a-terminal', ...Object.fromEntries(query) })
  // As one would type it: neither sign means anything in a query.
  const typed = String(emulated).replaceAll('%3A', ':').replaceAll('%2C', ',')
  const path = mode === 'offline' ? `/playground${dialect.path}?${typed}` : `/v1${dialect.path}`
  const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "'\\''")}'`
  return [
    `curl -N ${quoted(location.origin + path)} \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d ${quoted(JSON.stringify(body))}`,
  ].join('\n')
}

/**
 * The config that does with real providers what is shown with emulated ones; with a config of one's own, that one.
 *
 * @param {import('./controls.js').Facts} facts
 * @param {URLSearchParams} query
 */
export function configOf(facts, query) {
  if (facts.mode === 'config') return written(facts.config)
  const { providers, patience } = facts
  const rungs = (query.get('mid_stream') ?? '').split(',')
  const retries = Number(query.get('retries'))
  const targets = (query.get('targets') ?? '').split(',').map((each) => each.split(':'))
  const late = targets.some(([, fault]) => fault === 'stall' || fault === 'slow')
  const config = {
    mid_stream: rungs.length === 1 ? rungs[0] : rungs,
    ...(retries > 0 && { retry: { attempts: retries } }),
    ...(late && { first_chunk_timeout: patience, idle_timeout: patience }),
    targets: targets.map(([provider = '']) => providers[provider]),
  }
  return written(config)
}

/** As JSON, with what holds nothing further in on one line. */
function written(/** @type {unknown} */ config) {
  return JSON.stringify(config, null, 2).replaceAll(
    /([[{])\n\s*([^[\]{}]*?)\n\s*([\]}])/g,
    (_, open, inside, close) => {
      const blank = open === '{' ? ' ' : ''
      return open + blank + inside.replaceAll(/\n\s*/g, ' ') + blank + close
    },
  )
}

/** Makes each button that names an element copy its text. Where the browser does not let it, the text is selected instead. */
export function setUpCopies() {
  for (const button of document.querySelectorAll('button[data-copies]')) {
    button.addEventListener('click', async () => {
      const source = element(button.getAttribute('data-copies') ?? '')
      const copied = await navigator.clipboard?.writeText(source.textContent).then(
        () => true,
        () => false,
      )
      if (!copied) getSelection()?.selectAllChildren(source)
      element('copied').textContent = copied ? 'Copied.' : 'Selected: copy it with your keyboard.'
      button.classList.toggle('done', Boolean(copied))
      setTimeout(() => {
        button.classList.remove('done')
        element('copied').textContent = ''
      }, SAID)
    })
  }
}
