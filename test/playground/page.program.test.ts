import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { RunOptions } from 'axe-core'
import type { Browser, BrowserContextOptions, Page, ViewportSize } from 'playwright-core'
import { OWN_TARGETS } from '../../lib/cli/playground/own-targets.ts'
import { startUpstreams } from '../../lib/cli/playground/upstreams.ts'
import { cleanup, fallback, target } from '../helpers/gateway.ts'
import { answer, ROLE, scripted, text } from '../helpers/upstream.ts'
import { hasChromium, launch } from './chromium.ts'
import { type Served, served } from './server.ts'

/** The windows of the tests. Where nobody looks at motion there is none: it is drawn over and over. */
const DESK: BrowserContextOptions = { reducedMotion: 'reduce' }
const PHONE = { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true }
/** Of one size after the other. */
const RESIZED: BrowserContextOptions = { reducedMotion: 'reduce' }
const MOVING: BrowserContextOptions = {}
/** It has its frames from the test. */
const CRANKED: BrowserContextOptions = {}

/** What stands for the page's `requestAnimationFrame`: four frames a second are enough for those who wait for one. */
const FRAMES = new Map([
  [CRANKED, 'requestAnimationFrame = (draw) => { globalThis.frame = draw }'],
  [MOVING, ''],
])
const FEW_FRAMES = 'requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 250)'

/** Of events that are marked up alike the first twelve stand for all: they fill the box, and the rest is most of the page. */
const ALIKE = '#raw > span:not([class]):nth-of-type(n + 13)'

/** What depends on colours is looked at in both schemes, all else in one. On a phone the colours are those of the desk. */
const DARK = ['dark', { runOnly: ['color-contrast', 'link-in-text-block'] }] as const satisfies Scheme
const LIGHT = ['light', {}] as const satisfies Scheme
type Scheme = ['dark' | 'light', RunOptions]

/** The emulated answer, whoever gives it. */
const WHOLE = /^You wrote “[\s\S]*”\. No model reads it: [\s\S]* goes on\.$/

describe("the playground's page, in a browser", function () {
  this.timeout(60_000)
  const opened = cleanup()
  let browser: Browser
  let offline: Served
  /** Where one can see an answer come, and one that stalls stays so until the client leaves. */
  let patient: Served
  let faults: string[] = []
  /** Whose page is open. */
  let host = ''

  if (!hasChromium) {
    it.skip("needs Debian's chromium-headless-shell, or chromium")
    return
  }

  before(async () => {
    browser = await launch()
    offline = await served(undefined, {}, () => startUpstreams({ pace: 1, patience: 500 }))
    patient = await served(undefined, {}, () => startUpstreams({ pace: 10, patience: 60_000 }))
  })
  after(async () => {
    await browser?.close()
    await offline?.close()
    await patient?.close()
  })
  afterEach(async () => {
    const told = faults
    faults = []
    assert.deepEqual(told, [])
  })

  /** A window stays open, which takes a fraction of what a new one does, and loads the page anew for each test. */
  const windows = new Map<BrowserContextOptions, Promise<Page>>()

  async function open(url = offline.url, window: BrowserContextOptions = DESK): Promise<Page> {
    const known = windows.get(window) ?? openWindow(window)
    windows.set(window, known)
    const page = await known
    host = url
    await page.goto(`${url}/`)
    return page
  }

  /** What it logs, throws, or asks of another host fails the test. */
  async function openWindow(options: BrowserContextOptions): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage()
    await page.addInitScript(FRAMES.get(options) ?? FEW_FRAMES)
    page.on('console', (message) => {
      // An answer with an error status is one that the page expects.
      if (!message.location().url.includes('/playground/')) faults.push(message.text())
    })
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(`${host}/`) && !request.url().startsWith('data:')) faults.push(request.url())
    })
    return page
  }

  /** Until the run that goes on has ended. */
  async function ended(page: Page): Promise<void> {
    await page.locator('#stop:disabled').waitFor()
  }

  const breakWith = async (page: Page, name: string) => {
    await page.getByRole('button', { name, exact: true }).click()
    await ended(page)
  }
  const shown = async (page: Page, id: string) => (await page.locator(`#${id}`).textContent()) ?? ''
  /** The lanes of the attempts, as whole or failed. */
  const lanes = (page: Page) =>
    page.locator('#timeline .lane:not(.client)').evaluateAll((all) =>
      all.map((lane) => ({
        outcome: lane.classList.contains('whole') ? 'whole' : lane.classList.contains('failed') ? 'failed' : 'other',
        ticks: lane.querySelectorAll('.tick').length,
        held: lane.querySelectorAll('.tick.held').length,
        verdict: lane.querySelector('.verdict')?.textContent?.split(' · ')[0],
      })),
    )
  /** The answer without the mark at its joint. */
  const answerOf = (page: Page) =>
    page.locator('#answer').evaluate((answer) => {
      const copy = answer.cloneNode(true) as typeof answer
      for (const mark of copy.querySelectorAll('.joint')) mark.remove()
      return copy.textContent ?? ''
    })

  it('streams a prompt to its end', async () => {
    const page = await open(patient.url, MOVING)
    await page.getByLabel('Prompt').fill('What is this?')
    await page.getByRole('button', { name: 'Send' }).click()
    await ended(page)

    assert.match(await answerOf(page), WHOLE)
    assert.match(await answerOf(page), /“What is this\?”/)
    assert.match(await shown(page, 'raw'), /^data: \{"id".*\n[\s\S]*data: \[DONE\]\n$/)
    assert.match(await shown(page, 'first-chunk'), /^\d+ ms$|^\d+\.\d s$/)
    assert.match(await shown(page, 'rate'), /^\d+$/)
    assert.match(await shown(page, 'tokens'), /^\d+ \/ \d+$/)
    assert.match(await shown(page, 'total'), /^\d+ ms$|^[\d.]+ s$/)
    assert.equal(await shown(page, 'attempts'), '1')
    assert.equal(await shown(page, 'summary'), 'openai answered.')
    const [lane, ...others] = await lanes(page)
    assert.deepEqual([lane?.outcome, lane?.held, others], ['whole', 0, []])
    assert.ok((lane?.ticks ?? 0) > 10)
  })

  describe('behind an answer that was cut in the middle', () => {
    let page: Page
    before(async () => {
      page = await open()
      await breakWith(page, 'Cut')
    })

    it('shows the second attempt that saves it', async () => {
      assert.match(await answerOf(page), WHOLE)
      assert.equal(await shown(page, 'attempts'), '2')
      assert.equal(
        await shown(page, 'summary'),
        'openai broke off; anthropic went on, and the client saw one whole answer.',
      )
      assert.equal(await page.locator('#answer .joint').count(), 1)
      assert.equal(await page.locator('#timeline .flag.join').count(), 1)
      const [first, second] = await lanes(page)
      assert.deepEqual([first?.outcome, first?.verdict, first?.held], ['failed', 'cut', 0])
      assert.equal(second?.outcome, 'whole')
      // It repeats what the client has, in pieces of its own; in how few of them they are read is the machine's affair.
      assert.ok((second?.held ?? 0) > 0 && (second?.held ?? 0) < (second?.ticks ?? 0), JSON.stringify([first, second]))
      const steps = await page.locator('#steps li').allTextContents()
      assert.match(
        steps.join('\n'),
        /Attempt 1 failed after \d+ chunks: [\s\S]*Attempt 2: anthropic is asked for .*, the next in order\.[\s\S]*The answer goes on seamlessly with attempt 2\./,
      )
    })

    it('shows beside it what an ordinary client ends up with', async () => {
      assert.equal(await shown(page, 'ordinary-verdict'), 'One whole answer.')
      assert.match(await shown(page, 'ordinary'), WHOLE)
    })

    it('is accessible', async () => {
      assert.deepEqual(await violations(page), [])
    })

    it('tells a screen reader the answer by sentences', async () => {
      const sentences = await page.locator('#spoken p').allTextContents()
      assert.equal(sentences.join(' '), await answerOf(page))
      assert.ok(sentences.length > 2)
      assert.equal(await page.locator('#spoken').getAttribute('aria-live'), 'polite')
    })
  })

  describe('that is broken in one way after the other', () => {
    let page: Page
    before(async () => {
      page = await open()
    })

    for (const { name, verdict, summary } of [
      {
        name: '429',
        verdict: '429',
        summary: 'openai answered 429; anthropic answered, and the client noticed nothing.',
      },
      {
        name: '500',
        verdict: '500',
        summary: 'openai answered 500; anthropic answered, and the client noticed nothing.',
      },
      { name: 'Slow start', verdict: 'timed out', summary: /^openai was too slow; anthropic answered/ },
      { name: 'Stall', verdict: 'timed out', summary: /^openai was too slow; anthropic went on/ },
      { name: 'Error event', verdict: 'error event', summary: /^openai sent an error; anthropic went on/ },
    ]) {
      it(`shows the fallback after: ${name}`, async () => {
        await breakWith(page, name)
        assert.match(await answerOf(page), WHOLE)
        const [first, second] = await lanes(page)
        assert.deepEqual([first?.verdict, second?.outcome], [verdict, 'whole'])
        const told = await shown(page, 'summary')
        if (typeof summary === 'string') assert.equal(told, summary)
        else assert.match(told, summary)
      })
    }
  })

  it('shows the error when every provider fails', async () => {
    const page = await open()
    await page.getByText('Every provider').click()
    await breakWith(page, '500')
    assert.match(await shown(page, 'summary'), /nobody was left to answer, and the client gets an error\.$/)
    assert.match(await answerOf(page), /^500: /)
    assert.match(await shown(page, 'raw'), /^HTTP 500\n\n\{"error":/)
    assert.deepEqual(
      (await lanes(page)).map(({ outcome }) => outcome),
      ['failed', 'failed', 'failed'],
    )
  })

  it('shows the error at the end of a broken stream, where it is asked for', async () => {
    const page = await open()
    await page.getByText('error', { exact: true }).click()
    await breakWith(page, 'Cut')
    assert.match(await answerOf(page), /^You wrote .*The connection to the provider broke/)
    const raw = await shown(page, 'raw')
    assert.match(raw, /data: \{"error":/)
    assert.doesNotMatch(raw, /\[DONE\]/)
    assert.match(await shown(page, 'steps'), /no client takes it for whole/)
    assert.match(await shown(page, 'ordinary-verdict'), /^The beginning of an answer, and an error/)
    assert.match(await shown(page, 'ordinary'), /^You wrote .*The connection to the provider broke/)
  })

  it('shows where an answer starts over, and beside it what that is for an ordinary client', async () => {
    const page = await open()
    await page.getByText('restart', { exact: true }).click()
    await page.getByLabel('They answer in').selectOption('own')
    await breakWith(page, 'Cut')
    assert.match(await page.locator('#answer del').innerText(), /^You wrote /)
    assert.match(await answerOf(page), /you ask, and another model answers/)
    assert.equal(await page.locator('#timeline .flag.restart').count(), 1)
    assert.match(await shown(page, 'raw'), /: restart: attempt 2, anthropic, after truncated/)
    assert.match(await shown(page, 'ordinary-verdict'), /^2 answers in one/)
    assert.match(await shown(page, 'ordinary'), /^You wrote .*“.*”, you ask, and another model answers/)
  })

  it('shows it beside the other while it comes', async () => {
    const page = await open(patient.url)
    await page.getByRole('button', { name: 'Stall' }).click()
    await page.locator('#ordinary:not(:empty)').waitFor()
    await page.getByText('So far:', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await ended(page)
  })

  it('asks for a tool call, which comes whole from whoever is left', async () => {
    const page = await open()
    await page.getByText('a tool call', { exact: true }).click()
    assert.equal(await page.getByLabel('Prompt').inputValue(), 'Remind me to water the plants.')
    await breakWith(page, 'Cut')
    const call = /^create_reminder\((\{.*\})\)$/.exec(await page.locator('#answer .call').innerText())
    assert.equal(JSON.parse(call?.[1] ?? '').title, 'Water the plants')
    assert.equal(await shown(page, 'ordinary'), call?.[0])
    assert.match((await page.locator('#spoken p').allTextContents()).join(' '), /^create_reminder\(/)
  })

  it('asks for JSON, which is never told twice', async () => {
    const page = await open()
    await page.getByLabel('Prompt').fill('Paris as JSON, please.')
    await page.getByText('JSON', { exact: true }).click()
    assert.equal(await page.getByLabel('Prompt').inputValue(), 'Paris as JSON, please.')
    await breakWith(page, 'Cut')
    assert.equal(JSON.parse(await shown(page, 'ordinary')).river, 'Seine')

    await page.getByText('restart', { exact: true }).click()
    await page.getByLabel('They answer in').selectOption('own')
    await page.getByLabel('Third provider', { exact: true }).selectOption('nobody')
    await breakWith(page, 'Cut')
    assert.match(await shown(page, 'ordinary-verdict'), /^The beginning of an answer, and an error/)
  })

  it('shows a command that does the same, to be copied', async () => {
    const page = await open()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByLabel('Prompt').fill("What's 'this'?")
    await breakWith(page, 'Cut')
    await page.getByRole('button', { name: 'Copy the command' }).click()
    await page.getByText('Copied.', { exact: true }).waitFor({ state: 'attached' })
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    assert.match(copied, /^curl -N '.*targets=openai:cut,anthropic:none,google:none&/)
    const { stdout } = await promisify(execFile)('sh', ['-c', copied])
    const texts = stdout.match(/(?<="content":")[^"]*/g) ?? []
    assert.equal(texts.join(''), await answerOf(page))
    assert.match(stdout, /data: \[DONE\]\n\n$/)
  })

  for (const { name, path, events, end, agent } of [
    {
      ...{ name: 'Messages', path: '/messages', end: 'message_stop', agent: /Claude Code then goes on/ },
      events: ['message_start', 'content_block_delta', 'message_delta'],
    },
    {
      ...{ name: 'Responses', path: '/responses', end: 'response.completed', agent: /Codex then asks/ },
      events: ['response.created', 'response.output_text.delta', 'response.output_item.done'],
    },
  ]) {
    describe(`in the format ${name}`, () => {
      const speak = async (window: BrowserContextOptions = DESK) => {
        const page = await open(offline.url, window)
        await page.getByText(name, { exact: true }).click()
        return page
      }

      describe('behind a cut', () => {
        let page: Page
        /** Who listens to a run of another format, when this one is chosen for the next. */
        let listener: string
        before(async () => {
          page = await open()
          await breakWith(page, 'Nothing')
          await page.getByText(name, { exact: true }).click()
          listener = await shown(page, 'answer-title')
          await breakWith(page, 'Cut')
        })

        it('shows the clients of the run, not of the choice for the next one', async () => {
          assert.equal(listener, 'A client that listens')
          assert.equal(await shown(page, 'answer-title'), 'The answer as it comes')
          assert.match((await page.locator('#clients').getAttribute('href')) ?? '', /docs\/dialects\.md#/)
        })

        it('has one whole answer of two providers, and the events of the format', async () => {
          assert.match(await answerOf(page), WHOLE)
          assert.match(await shown(page, 'ordinary'), WHOLE)
          assert.equal(await shown(page, 'ordinary-verdict'), 'One whole answer.')
          assert.equal(await page.locator('#answer .joint').count(), 1)
          assert.equal(await page.locator('#timeline .flag.join').count(), 1)
          const raw = await shown(page, 'raw')
          for (const event of [...events, end]) assert.match(raw, new RegExp(`^event: ${event}\ndata: \\{`, 'm'))
          assert.ok((await page.locator('#raw .news').count()) > 20)
          assert.match(await shown(page, 'tokens'), /^\d+ \/ \d+$/)
          assert.match(await shown(page, 'cost'), /^≈ 0\.\d+$/)
        })

        it('shows the command for it', async () => {
          const command = await shown(page, 'curl')
          assert.ok(command.includes(`/playground${path}?id=`), command)
          const { stdout } = await promisify(execFile)('sh', ['-c', command])
          assert.match(stdout, new RegExp(`\nevent: ${end}\ndata: .*\n\n$`))
        })
      })

      it('has an error where another format would start over, and says that nothing does', async () => {
        const page = await speak()
        assert.match(
          await shown(page, 'answer-hint'),
          new RegExp(`^${name} has no word for an answer that starts over`),
        )
        await page.getByText('continue, restart', { exact: true }).click()
        assert.match(await shown(page, 'mid-stream-hint'), /ends with an error: nothing starts over here\.$/)
        await page.getByText('restart', { exact: true }).click()
        assert.match(await shown(page, 'mid-stream-hint'), /ends with an error\.$/)
        await page.getByLabel('They answer in').selectOption('own')
        // In the words of the first, and would go on.
        await page.getByLabel('Third provider', { exact: true }).selectOption('nobody')
        await breakWith(page, 'Cut')
        assert.match(await answerOf(page), /^You wrote [^“]*“[^”]*”[\s\S]*The connection to the provider broke/)
        assert.equal(await page.locator('#answer del, #timeline .flag.restart').count(), 0)
        assert.match(await shown(page, 'ordinary-verdict'), agent)
        assert.match(await shown(page, 'steps'), new RegExp(`without ${end}: no client takes it for whole`))
        assert.equal(await page.locator('#raw .bad').first().isVisible(), true)
      })

      it('shows the answer to a request that failed', async () => {
        const page = await speak()
        await page.getByText('Every provider').click()
        await breakWith(page, '429')
        assert.match(await answerOf(page), /^429: You are too fast/)
        assert.match(await shown(page, 'raw'), /^HTTP 429\n\n\{/)
      })

      it('is accessible, and fits on a phone', async () => {
        const page = await speak(PHONE)
        await page.getByText('restart', { exact: true }).click()
        await page.getByLabel('They answer in').selectOption('own')
        await breakWith(page, 'Cut')
        assert.deepEqual(await violations(page, [LIGHT]), [])
        assert.equal(await overflow(page), 0)
      })
    })
  }

  it('asks for a tool call and for JSON in other formats', async () => {
    const page = await open()
    await page.getByText('Messages', { exact: true }).click()
    await page.getByText('a tool call', { exact: true }).click()
    await breakWith(page, 'Cut')
    assert.match(await page.locator('#answer .call').innerText(), /^create_reminder\(\{.*\}\)$/)
    await page.getByText('Responses', { exact: true }).click()
    await page.getByText('JSON', { exact: true }).click()
    await breakWith(page, 'Cut')
    assert.equal(JSON.parse(await shown(page, 'ordinary')).river, 'Seine')
  })

  it('shows the config that does the same with real providers', async () => {
    const page = await open()
    await page.getByLabel('Retries on each').selectOption('2')
    await page.getByText('error', { exact: true }).click()
    await page.getByLabel('Second provider', { exact: true }).selectOption('bedrock')
    await page.getByLabel('Third provider', { exact: true }).selectOption('nobody')
    const config = JSON.parse(await shown(page, 'config'))
    assert.deepEqual([config.mid_stream, config.retry], ['error', { attempts: 2 }])
    assert.deepEqual(config.targets, [OWN_TARGETS.openai, OWN_TARGETS.bedrock])

    await page.getByLabel('What the first provider does').selectOption('stall')
    assert.equal(JSON.parse(await shown(page, 'config')).idle_timeout, 1500)
  })

  it('selects what it may not copy', async () => {
    const page = await open()
    await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    await page.getByRole('button', { name: 'Copy the config' }).click()
    await page.getByText('Selected: copy it with your keyboard.').waitFor({ state: 'attached' })
    assert.equal(await page.evaluate('getSelection().toString().trim()'), (await shown(page, 'config')).trim())
  })

  it('leaves the events where one has scrolled back to, while more of them come', async () => {
    const page = await open(patient.url, MOVING)
    await page.getByLabel('Prompt').fill('word '.repeat(300))
    await page.getByRole('button', { name: 'Send' }).click()
    const raw = page.locator('#raw')
    await raw.locator('> :nth-child(20)').waitFor({ state: 'attached' })
    const before = await raw.evaluate((box) => {
      const followed = box.scrollTop
      box.scrollTop = 0
      return followed
    })
    await raw.locator('> :nth-child(40)').waitFor({ state: 'attached' })
    assert.ok(before > 0)
    assert.equal(await raw.evaluate(({ scrollTop }) => scrollTop), 0)
    await ended(page)
  })

  it('keeps the first event of the wire in view, and cuts no line and no word', async () => {
    const page = await open()
    await breakWith(page, 'Nothing')
    const box = await page.locator('#raw').boundingBox()
    const first = await page.locator('#raw > :first-child').boundingBox()
    assert.ok(box && first)
    assert.deepEqual([first.y, await shown(page, 'raw').then((text) => text.startsWith('data: {"id"'))], [box.y, true])
    assert.ok(await page.locator('#raw').evaluate(({ scrollTop }) => scrollTop > 0))
    const offsets = await page
      .locator('#raw')
      .evaluate(({ scrollTop, clientHeight }) => [scrollTop % 18, clientHeight % 18])
    assert.deepEqual(offsets, [0, 0])
    // Every piece that may not break fits on a line: no two of its letters are on different ones.
    const broken = await page.evaluate<string[]>(`
      [...document.querySelectorAll('#raw span')].flatMap((event) => {
        const texts = document.createTreeWalker(event, NodeFilter.SHOW_TEXT)
        const found = []
        for (let text = texts.nextNode(); text; text = texts.nextNode()) {
          for (const { 0: word, index } of text.data.matchAll(/[\\w.-]+/g)) {
            const range = document.createRange()
            range.setStart(text, index)
            range.setEnd(text, index + word.length)
            if (range.getClientRects().length > 1) found.push(word)
          }
        }
        return found
      })`)
    assert.deepEqual(broken, [])
  })

  it('draws no connector across a label when everybody fails, and fits on a desk and on a phone', async () => {
    const page = await open(offline.url, RESIZED)
    await page.getByText('Every provider').click()
    await page.getByLabel('Retries on each').selectOption('1')
    for (const [after, fault] of [
      [0, 'Cut'],
      [1, 'Cut'],
      [16, 'Cut'],
      [0, 'Stall'],
    ] as const) {
      await page.getByLabel('Breaks after').fill(String(after))
      await breakWith(page, fault)
      for (const width of [1280, 375]) {
        await resize(page, { width, height: 740 })
        const drawn = await page.locator('#timeline').evaluate(({ clientWidth }) => clientWidth)
        await page.locator(`#timeline[viewBox^="0 0 ${drawn} "]`).waitFor()
        assert.equal(await overflow(page), 0)
        const crossed = await page.evaluate<string[]>(`
          (() => {
            const labels = [...document.querySelectorAll('#timeline .lane text')]
              .map((label) => ({ text: label.textContent, box: label.getBoundingClientRect() }))
            return [...document.querySelectorAll('#timeline .handover')].flatMap((path) => {
              const toScreen = path.getScreenCTM()
              const length = path.getTotalLength()
              return Array.from({ length: 200 }, (_, step) => path.getPointAtLength((length * step) / 199)).flatMap((point) => {
                const { x, y } = point.matrixTransform(toScreen)
                return labels
                  .filter(({ box: { left, right, top, bottom } }) => x > left && x < right && y > top && y < bottom)
                  .map(({ text }) => text)
              })
            })
          })()`)
        assert.deepEqual(crossed, [], `${fault} after ${after}, ${width} wide`)
        assert.ok((await page.locator('#timeline .handover').count()) > 1)
      }
    }
  })

  it('asks the providers in the order that is chosen, retries included', async () => {
    const page = await open()
    await page.getByLabel('First provider', { exact: true }).selectOption('cohere')
    await page.getByLabel('Second provider', { exact: true }).selectOption('mistral-ai')
    await page.getByLabel('Third provider', { exact: true }).selectOption('nobody')
    await page.getByLabel('Retries on each').selectOption('1')
    await breakWith(page, '500')
    assert.deepEqual(await page.locator('#timeline .title .name').allTextContents(), [
      'cohere',
      'cohere',
      'mistral-ai',
      'Your client',
    ])
  })

  it('stops when it is told to, and begins another run', async () => {
    const page = await open(patient.url)
    await page.getByRole('button', { name: 'Stall' }).click()
    await page.locator('#answer:not(:empty)').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await ended(page)
    assert.match(await shown(page, 'summary'), /^Stopped\./)
    await breakWith(page, 'Nothing')
    assert.match(await answerOf(page), WHOLE)
  })

  it('leaves a run for the next one', async () => {
    const page = await open(patient.url)
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('#answer:not(:empty)').waitFor()
    await breakWith(page, '429')
    assert.match(await answerOf(page), WHOLE)
    assert.equal(await shown(page, 'attempts'), '2')
  })

  it('works by keyboard alone', async () => {
    const page = await open(patient.url)
    const focused = () =>
      page.evaluate<string>(
        '(({ id, value, textContent }) => id || value || textContent.trim())(document.activeElement)',
      )
    const pressUntil = async (key: 'Tab' | 'Shift+Tab', name: string) => {
      for (let presses = 0; presses < 40; presses += 1) {
        if ((await focused()) === name) return
        await page.keyboard.press(key)
      }
      assert.fail(`nothing called ${name} takes the focus`)
    }
    await pressUntil('Tab', 'chat-completions')
    await page.keyboard.press('ArrowRight')
    assert.equal(await focused(), 'messages')
    await pressUntil('Tab', 'prompt')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('Only keys')
    await page.keyboard.press('Control+Enter')
    await page.locator('#answer:not(:empty)').waitFor()
    await ended(page)
    assert.match(await answerOf(page), /“Only keys”/)

    await pressUntil('Tab', 'Stall')
    await page.keyboard.press('Enter')
    await page.locator('#answer:not(:empty)').waitFor()
    await pressUntil('Shift+Tab', 'stop')
    await page.keyboard.press('Enter')
    await ended(page)
    assert.match(await shown(page, 'summary'), /^Stopped\./)

    await pressUntil('Tab', 'continue,restart')
    await page.keyboard.press('ArrowRight')
    assert.equal(await focused(), 'continue')
    await pressUntil('Shift+Tab', 'Cut')
    await page.keyboard.press('Space')
    await ended(page)
    assert.match(await answerOf(page), WHOLE)
    await pressUntil('Tab', 'answer')
    await pressUntil('Tab', 'raw')
  })

  it('shows a hostile text as text', async () => {
    const page = await open()
    await page.getByLabel('Prompt').fill('<img src=x onerror=alert(1)><b>bold</b>')
    await page.getByRole('button', { name: 'Send' }).click()
    await ended(page)
    assert.match(await answerOf(page), /“<img src=x onerror=alert\(1\)><b>bold<\/b>”/)
    assert.equal(await page.locator('#results img').count(), 0)
  })

  it('needs no scrolling to the side in a window of small and of middle size', async () => {
    const page = await open(offline.url, RESIZED)
    const fits = async () => {
      for (const size of [
        { width: 320, height: 600 },
        { width: 900, height: 700 },
      ]) {
        await resize(page, size)
        assert.equal(await overflow(page), 0)
      }
    }
    await fits()
    await page.getByLabel('Prompt').fill('x'.repeat(300))
    await breakWith(page, 'Cut')
    await fits()
  })

  it('draws lanes that grow with the time, and that stand still for those who want no motion', async () => {
    const page = await open(patient.url, CRANKED)
    let time = 0
    /** Where the lane of the attempt ends in the next picture, if there is one. */
    const picture = () => {
      time += 1000
      return page.evaluate<string | undefined>(
        `globalThis.frame?.(${time}), document.querySelector('#timeline .running .waiting')?.getAttribute('x2')`,
      )
    }
    await page.getByLabel('Breaks after').fill('0')
    await page.getByRole('button', { name: 'Stall' }).click()
    let first = await picture()
    while (first === undefined) first = await picture()
    assert.notEqual(await picture(), first)
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const still = await picture()
    assert.equal(await picture(), still)
    await page.getByRole('button', { name: 'Stop' }).click()
    await ended(page)
  })

  it('draws all that came in one picture, and none behind the end', async () => {
    const page = await open(offline.url, CRANKED)
    await page.evaluate(`
      globalThis.pictures = 0
      new MutationObserver(() => pictures++).observe(document.getElementById('raw'), { childList: true })`)
    await breakWith(page, 'Nothing')
    assert.match(await answerOf(page), WHOLE)
    assert.equal(await page.evaluate('pictures'), 1)
    const goesOn = '((last) => { frame = undefined; last(1e9); return frame !== undefined })(frame)'
    assert.equal(await page.evaluate(goesOn), false)
  })

  for (const { name, window, schemes } of [
    { name: 'is accessible on a desk', window: DESK, schemes: [DARK, LIGHT] },
    { name: 'is accessible on a phone, and needs no scrolling to the side', window: PHONE, schemes: [LIGHT] },
  ]) {
    it(name, async () => {
      const page = await open(offline.url, window)
      const look = async () => {
        assert.equal(await overflow(page), 0)
        assert.deepEqual(await violations(page, schemes), [])
      }
      await look()
      await page.getByLabel('Prompt').fill('x'.repeat(300))
      await page.getByText('restart', { exact: true }).click()
      await page.getByLabel('They answer in').selectOption('own')
      await breakWith(page, 'Cut')
      await look()
      await page.getByText('Every provider').click()
      await breakWith(page, 'Error event')
      await look()
    })
  }

  describe('over a config', () => {
    it('shows the targets and what becomes of them, and says why they cannot be broken', async () => {
      const first = await opened(scripted({ chunks: [ROLE, text('one '), text('two ')], finish: 'cut' }))
      const second = await opened(scripted({ chunks: answer('one ', 'two ', 'three') }))
      const config = fallback(target(first.url, { name: 'primary' }), target(second.url, { name: 'spare' }))
      const page = await open((await opened(served(config))).url)
      assert.deepEqual(await page.locator('#providers li').allTextContents(), ['primary openai', 'spare openai'])
      assert.equal(await page.getByRole('button', { name: 'Cut' }).count(), 0)
      assert.match((await page.locator('#cost-name').getAttribute('title')) ?? '', /^By the prices of your config/)
      await page.getByText('Real providers cannot be made to fail').waitFor()
      assert.deepEqual(await violations(page), [])
      assert.deepEqual(JSON.parse(await shown(page, 'config')), {
        strategy: { mode: 'fallback' },
        targets: [
          { name: 'primary', provider: 'openai', custom_host: '…', api_key: '…' },
          { name: 'spare', provider: 'openai', custom_host: '…', api_key: '…' },
        ],
      })
      assert.match(await shown(page, 'curl'), /^curl -N 'http:\/\/[\d.:]+\/v1\/chat\/completions' /)

      await page.getByLabel('Model').fill('gpt-of-mine')
      await page.getByRole('button', { name: 'Send' }).click()
      await ended(page)
      assert.equal(await answerOf(page), 'one two three')
      assert.equal(await shown(page, 'attempts'), '2')
      assert.deepEqual(await page.locator('#timeline .title').allTextContents(), [
        '1\u2002primaryopenai, gpt-of-mine',
        '2\u2002spareopenai, gpt-of-mine',
        'Your clientwhat reached this page',
      ])
      assert.equal(JSON.parse(second.requests[0]?.body ?? '').model, 'gpt-of-mine')
    })
  })

  it('asks the targets of a config in another format, for the model that is chosen', async () => {
    const upstream = await opened(scripted({ chunks: answer('one ', 'two') }))
    const page = await open((await opened(served(target(upstream.url)))).url)
    await page.getByText('Messages', { exact: true }).click()
    await page.getByLabel('Model').fill('gpt-of-mine')
    assert.match(await shown(page, 'curl'), /^curl -N 'http:\/\/[\d.:]+\/v1\/messages' /)
    await page.getByRole('button', { name: 'Send' }).click()
    await ended(page)
    assert.equal(await answerOf(page), 'one two')
    assert.equal(JSON.parse(upstream.requests[0]?.body ?? '').model, 'gpt-of-mine')
  })

  it('offers the models that the config names', async () => {
    const upstream = await opened(scripted({ chunks: answer('hi') }))
    const config = target(upstream.url, { models: { fast: 'small', best: 'large' } })
    const page = await open((await opened(served(config))).url)
    assert.equal(await page.getByLabel('Model').inputValue(), 'fast')
    const offered = await page
      .locator('#models option')
      .evaluateAll((all) => all.map((each) => each.getAttribute('value')))
    assert.deepEqual(offered, ['fast', 'best'])
    await page.getByRole('button', { name: 'Send' }).click()
    await ended(page)
    assert.equal(JSON.parse(upstream.requests[0]?.body ?? '').model, 'small')
  })

  it('shows the text while it streams', async () => {
    let goOn = () => {}
    const gate = () => new Promise<void>((resolve) => (goOn = resolve))
    const [before, after] = [answer('one ').slice(0, 2).join(''), answer('two').slice(1).join('')]
    const upstream = await opened(scripted({ chunks: [before, after], gate }))
    const page = await open((await opened(served(target(upstream.url)))).url)
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('#answer').getByText('one ', { exact: true }).waitFor()
    await page.getByText('openai answers …', { exact: true }).waitFor()
    assert.equal(await page.locator('#stop').isEnabled(), true)
    goOn()
    await ended(page)
    assert.equal(await answerOf(page), 'one two')
  })

  const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

  /** What axe finds in each colour scheme. It tells no more than that: what it makes of all else takes longer to tell. */
  async function violations(page: Page, schemes: readonly Scheme[] = [DARK, LIGHT]): Promise<string[]> {
    if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axe)
    await page.evaluate(`for (const event of document.querySelectorAll('${ALIKE}')) event.remove()`)
    const found: string[] = []
    for (const [colorScheme, rules] of schemes) {
      await page.emulateMedia({ colorScheme })
      await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))')
      const options: RunOptions = { ...rules, resultTypes: ['violations'], selectors: false, preload: false }
      const told = await page.evaluate<string[]>(`
        axe.run(${JSON.stringify(options)}).then(({ violations }) =>
          violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`)
      found.push(...told.map((violation) => `${colorScheme}, ${violation}`))
    }
    return found
  }

  /** The page hears of its new size behind the call for it. */
  async function resize(page: Page, size: ViewportSize): Promise<void> {
    await page.setViewportSize(size)
    await page.evaluate(`new Promise((done) => {
      const look = () => innerWidth === ${size.width} && innerHeight === ${size.height} && done()
      addEventListener('resize', look)
      look()
    })`)
  }

  const overflow = (page: Page) =>
    page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
})
