import assert from 'node:assert/strict'
import { anyAnswer } from './answers.ts'
import { type Case, caseOf } from './cases.ts'
import { CLIENTS } from './clients/index.ts'
import { DIALECTS } from './dialects/index.ts'
import type { Verdict } from './judge.ts'
import { type Lab, openLab } from './lab.ts'
import { anyPlan, type CutSubject, planOfCut } from './plans.ts'
import { random } from './random.ts'
import { type Recorded, recordings } from './recorded.ts'

/**
 * `npm run fuzz` makes many cases, of a new seed each time. `FUZZ_SEED=7 npm run fuzz` gives those of that seed again,
 * `FUZZ_CASE=123` with it that one alone, and `FUZZ_CASES` says how many.
 */
const LONG = process.env.FUZZ === 'long'
const SEED = Number(process.env.FUZZ_SEED ?? (LONG ? Date.now() % 1_000_000 : 1))
const CASES = Number(process.env.FUZZ_CASES ?? (LONG ? 30_000 : 500))
const ALONE = process.env.FUZZ_CASE
/** Where each stream is cut if not everywhere, about. */
const PLACES = 5
const AT_ONCE = 64
const MOST_FAILURES = 10

describe(`recovery, whatever the providers do (FUZZ_SEED=${SEED})`, () => {
  let lab: Lab
  const verdicts: Partial<Record<Verdict, number>> = {}
  before(async () => {
    lab = await openLab()
  })
  after(async () => {
    await lab.close()
    if (LONG) console.log(verdicts)
  })

  async function runAll(cases: Iterable<readonly [id: string, Case]>): Promise<void> {
    const failures: string[] = []
    const rest = cases[Symbol.iterator]()
    const worker = async () => {
      for (let next = rest.next(); !next.done && failures.length < MOST_FAILURES; next = rest.next()) {
        const [id, one] = next.value
        const result = await lab.run(id, one)
        if (typeof result === 'object') failures.push(`FUZZ_SEED=${SEED} FUZZ_CASE=${id}: ${result.failed}`)
        else verdicts[result] = (verdicts[result] ?? 0) + 1
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    if (failures.length > 0) assert.fail(failures.join('\n\n'))
  }

  it(`${CASES} requests end in the whole answer, an announced restart and the whole answer, or an error`, () =>
    runAll(anyCases())).timeout(3_600_000)

  function* anyCases() {
    for (let number = 0; number < CASES; number += 1) {
      if (ALONE !== undefined && ALONE !== String(number)) continue
      yield [String(number), caseOf(anyPlan(random(SEED, number), recordings), SEED, number)] as const
    }
  }

  for (const client of CLIENTS) {
    describe(`with streams cut ${LONG ? 'at every byte' : 'at places of chance'}, for a client of ${client.name}`, () => {
      for (const [index, dialect] of DIALECTS.entries()) {
        const answer = answerFor(index)
        const cut = (translated: boolean) => runAll(cutsOf({ client, dialect, answer, translated }, index))
        it(dialect.name, () => cut(false)).timeout(3_600_000)
        if (dialect.native === client.name) it(`${dialect.name}, translated`, () => cut(true)).timeout(3_600_000)
      }
      if (!LONG) return
      for (const recorded of smallest(recordings)) {
        const [dialect] = DIALECTS
        if (dialect === undefined) continue
        const subject = { client, dialect, answer: recorded.answer, recorded, translated: false }
        it(`${recorded.system}, as recorded`, () => runAll(cutsOf(subject, DIALECTS.length))).timeout(3_600_000)
      }
    })
  }
})

/** Text and calls, with calls where the dialect has them. */
function answerFor(index: number) {
  const { tells } = DIALECTS[index] ?? {}
  for (let number = 0; ; number += 1) {
    const answer = anyAnswer(random(SEED, index, number))
    const size = answer.text.length
    if (size > 60 && size < 150 && answer.calls.length === (tells?.calls ? 1 : 0)) return answer
  }
}

function* cutsOf(subject: CutSubject, index: number) {
  const { recorded, dialect, answer } = subject
  const length = recorded?.body.length ?? Buffer.concat(dialect.stream(answer, random(SEED, index, 0, 0)).events).length
  const chance = random(SEED, index, 1)
  for (let at = 0; at <= length; at += 1) {
    if (ALONE !== undefined ? ALONE !== `${index}-${at}` : !LONG && !chance.chance(PLACES / length)) continue
    yield [`${index}-${at}`, caseOf(planOfCut(subject, at), SEED, index)] as const
  }
}

/** The shortest recording of each system. */
function smallest(all: readonly Recorded[]): Recorded[] {
  const shortest = new Map<string, Recorded>()
  for (const recorded of all) {
    const known = shortest.get(recorded.system)
    if (known === undefined || recorded.body.length < known.body.length) shortest.set(recorded.system, recorded)
  }
  return [...shortest.values()]
}
