import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What the page needs to know of the server. */
export type Facts =
  | {
      mode: 'offline'
      /** Those that are emulated, each with the target that asks the real one. */
      providers: Readonly<Record<string, object>>
      /** The deadline of those that are told to be late, in milliseconds. */
      patience: number
    }
  | {
      mode: 'config'
      targets: readonly { name: string; provider: string }[]
      /** Those that the config names. */
      models: readonly string[]
      /** Without what is nobody's business. */
      config: unknown
    }

export interface Page {
  html: string
  headers: Record<string, string>
}

/** In the order of their imports: none needs one that comes after it. */
const SCRIPTS = [
  ...['sse.js', 'failures.js', 'tasks.js'],
  ...['dialects/chat-completions.js', 'dialects/messages.js', 'dialects/responses.js', 'dialects.js'],
  ...['model.js', 'ordinary.js', 'steps.js', 'labels.js', 'timeline.js'],
  ...['controls.js', 'copies.js', 'wire.js', 'run-events.js', 'page.js'],
]

/** Puts the page together from the files beside this one. It loads nothing, and runs and shows nothing but its own. */
export function buildPage(facts: Facts): Page {
  const style = `\n${source('page.css')}`
  const script = `\n${SCRIPTS.map((name) => joined(source(name))).join('\n')}`
  const html = source('page.html')
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('{}', () => JSON.stringify(facts).replaceAll('<', '\\u003c'))
    .replace('<script type="module"></script>', () => `<script type="module">${script}</script>`)
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': [
        "default-src 'none'",
        `script-src '${hash(script)}'`,
        `style-src '${hash(style)}'`,
        "connect-src 'self'",
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    },
  }
}

function source(name: string): string {
  return readFileSync(new URL(`./client/${name}`, import.meta.url), 'utf8')
}

/** A module as a part of one script: the names it imports are there already, and each may be declared once only. */
function joined(module: string): string {
  return module.replace(/^import \{[^}]*\} from '.*'\n/gm, '').replace(/^export /gm, '')
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
