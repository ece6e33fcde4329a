import { DIALECTS } from './dialects.js'
import { PROMPTS } from './tasks.js'

/** What a provider can be told to do, by the name that the server knows. */
const FAULTS = [
  { fault: 'none', button: 'Nothing', choice: 'works' },
  { fault: '429', button: '429', choice: '429' },
  { fault: '500', button: '500', choice: '500' },
  { fault: 'cut', button: 'Cut', choice: 'is cut' },
  { fault: 'stall', button: 'Stall', choice: 'stalls' },
  { fault: 'error', button: 'Error event', choice: 'error event' },
  { fault: 'slow', button: 'Slow start', choice: 'slow start' },
]

/**
 * What becomes of a broken answer, by the rungs.
 *
 * @type {Record<string, string>}
 */
const MID_STREAM = {
  'continue,restart': 'The next attempt goes on behind the text so far. If none can, another answer starts over.',
  continue: 'The next attempt goes on behind the text so far. If none can, the stream ends with an error.',
  restart: 'The next attempt answers from the beginning. What you have already is held back while it repeats it.',
  error: 'The stream ends with an error, as the official SDKs understand it.',
}

/**
 * The same, in a format that cannot say that the answer starts over.
 *
 * @type {Record<string, string>}
 */
const UNANNOUNCED = {
  ...MID_STREAM,
  'continue,restart':
    'The next attempt goes on behind the text so far. If none can, the stream ends with an error: nothing starts over here.',
  restart:
    'The next attempt answers from the beginning. While it repeats what you have it is held back; if it does not, the stream ends with an error.',
}

const FIRST_ORDER = ['openai', 'anthropic', 'google']

/**
 * What the server tells of itself.
 *
 * @typedef {{ mode: 'offline', providers: Record<string, object>, patience: number }
 *   | { mode: 'config', targets: { name: string, provider: string }[], models: string[], config: unknown }} Facts
 *
 * @typedef {{ dialect: import('./dialects.js').Dialect, query: URLSearchParams, body: object }} Request
 */

/**
 * The form on the page. `change` is told what would be sent, at the start and after each change; `send` what is to be sent.
 *
 * @param {Facts} facts
 * @param {{ change: (request: Request) => void, send: (request: Request) => void }} actions
 */
export function setUpControls(facts, { change, send }) {
  const form = element('controls')
  const submit = () => {
    change(requestOf(facts))
    if (form.reportValidity()) send(requestOf(facts))
  }
  for (const radio of form.elements.task) radio.addEventListener('change', fillPrompt)
  form.addEventListener('input', () => change(requestOf(facts)))
  form.addEventListener('submit', (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    submit()
  })
  element('prompt').addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit()
  })
  if (facts.mode === 'offline') setUpOffline(Object.keys(facts.providers), submit)
  else setUpConfig(facts)
  change(requestOf(facts))
}

/** A task brings its prompt, unless there is one of the user's own. */
function fillPrompt() {
  const prompt = element('prompt')
  const ours = Object.values(PROMPTS).includes(prompt.value)
  if (ours || prompt.value.trim() === '') prompt.value = PROMPTS[checked('task')] ?? ''
}

/** @param {string[]} providers */
function setUpOffline(providers, /** @type {() => void} */ submit) {
  element('mode').textContent = 'Emulated providers on this machine: no keys, no network.'
  element('config-hint').textContent = 'What does this with real providers.'
  for (const [index, provider] of FIRST_ORDER.entries()) {
    element('providers').append(providerRow(index, provider, providers))
  }
  for (const { fault, button } of FAULTS) {
    const press = node('button', { type: 'button', 'data-fault': fault, 'aria-pressed': 'false' }, button)
    press.addEventListener('click', () => {
      setFaults(fault)
      submit()
    })
    element('fault-buttons').append(press)
  }
  element('controls').addEventListener('change', () => {
    showPressed()
    showMidStream()
  })
  showPressed()
  showMidStream()
}

/** @param {Extract<Facts, { mode: 'config' }>} facts */
function setUpConfig({ targets, models }) {
  element('mode').textContent = 'The targets of your config: each run is a real request.'
  element('cost-name').title = 'By the prices of your config. With every attempt; ≈ where tokens are estimated.'
  element('config-hint').textContent = 'Yours, as the server read it; what may be secret is left out.'
  const names = targets.map(({ name, provider }) =>
    node('li', { class: 'target' }, node('b', {}, name), name === provider ? '' : ` ${provider}`),
  )
  element('providers').append(...names)
  element('order').append(
    node(
      'p',
      { class: 'hint' },
      'They are asked as your config says. Real providers cannot be made to fail: start without --config to see that.',
    ),
  )
  element('model-field').hidden = false
  element('models').append(...models.map((value) => node('option', { value })))
  if (models[0] !== undefined) element('model').value = models[0]
  for (const id of ['faults', 'mid-stream', 'details']) element(id).remove()
}

function providerRow(/** @type {number} */ index, /** @type {string} */ chosen, /** @type {string[]} */ providers) {
  const place = ['First', 'Second', 'Third'][index]
  const options = providers.map((name) => node('option', name === chosen ? { selected: '' } : {}, name))
  const none = index > 0 ? [node('option', { value: '' }, 'nobody')] : []
  const faults = FAULTS.map(({ fault, choice }) => node('option', { value: fault }, choice))
  return node(
    'li',
    {},
    node('select', { class: 'provider', 'aria-label': `${place} provider` }, ...options, ...none),
    node('select', { class: 'fault', 'aria-label': `What the ${place?.toLowerCase()} provider does` }, ...faults),
  )
}

function setFaults(/** @type {string} */ fault) {
  const all = checked('who') === 'all'
  for (const [index, { select }] of faultChoices().entries()) select.value = all || index === 0 ? fault : 'none'
  showPressed()
}

/** A button is pressed while the choices are those that it makes. */
function showPressed() {
  const all = checked('who') === 'all'
  const chosen = faultChoices().map(({ select }) => select.value)
  for (const button of element('fault-buttons').children) {
    const fault = button.getAttribute('data-fault')
    const pressed = chosen.every((each, index) => each === (all || index === 0 ? fault : 'none'))
    button.setAttribute('aria-pressed', String(pressed))
  }
  for (const { row, select } of faultChoices()) row.classList.toggle('fails', select.value !== 'none')
}

function showMidStream() {
  const hints = chosenDialect().announcesRestarts ? MID_STREAM : UNANNOUNCED
  element('mid-stream-hint').textContent = hints[checked('mid_stream')] ?? ''
}

function faultChoices() {
  return [...element('providers').children].map((row) => ({ row, select: row.querySelector('.fault') }))
}

function chosenDialect() {
  const dialect = DIALECTS[checked('dialect')]
  if (dialect === undefined) throw new Error('The form has a dialect that no file is for.')
  return dialect
}

/**
 * What the form asks for.
 *
 * @returns {Request}
 */
function requestOf(/** @type {Facts} */ { mode }) {
  const offline = mode === 'offline'
  const query = new URLSearchParams()
  if (offline) {
    const rows = [...element('providers').children].map((row) => ({
      provider: row.querySelector('.provider').value,
      fault: row.querySelector('.fault').value,
    }))
    const targets = rows.filter(({ provider }) => provider !== '').map(({ provider, fault }) => `${provider}:${fault}`)
    query.set('targets', targets.join(','))
    query.set('mid_stream', checked('mid_stream'))
    for (const id of ['after', 'retries', 'words']) query.set(id, element(id).value)
  }
  const dialect = chosenDialect()
  const model = offline ? 'playground' : element('model').value
  return { dialect, query, body: dialect.bodyOf({ model, prompt: element('prompt').value, task: checked('task') }) }
}

/** @returns {string} */
function checked(/** @type {string} */ name) {
  return element('controls').elements[name].value
}

/** @returns {any} */
export function element(/** @type {string} */ id) {
  return document.getElementById(id)
}

/** @returns {any} */
export function node(
  /** @type {string} */ name,
  /** @type {Record<string, string>} */ attributes,
  /** @type {(Node | string)[]} */ ...children
) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}
