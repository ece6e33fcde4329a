import { type Answer, anyAnswer } from './answers.ts'
import { chatClient } from './clients/chat.ts'
import type { FuzzClient } from './clients/client.ts'
import { CLIENTS } from './clients/index.ts'
import type { Dialect } from './dialects/dialect.ts'
import { DIALECTS } from './dialects/index.ts'
import type { Random } from './random.ts'
import type { Recorded } from './recorded.ts'
import { anyManner, GOOD, type Manner } from './targets.ts'

/** What happens to a request: what is right, how the gateway is set up, and what each provider does. */
export interface Plan {
  client: FuzzClient
  answer: Answer
  targets: Target[]
  midStream: 'restart' | 'continue' | 'error'
  toolCalls: 'whole' | 'live'
  stream: boolean
  hedge: boolean
  /** Whether nothing passes as it is, whoever speaks the same. */
  translated: boolean
  /** More of the config. */
  extras: Record<string, unknown>
  /** Milliseconds from one write of a provider to the next, about; 0: as fast as it goes. */
  pace: number
}

export interface Target {
  dialect: Dialect
  manner: Manner
  fault: Fault | undefined
  /** What is sent whatever is asked. */
  recorded: Recorded | undefined
  /** What the config says of it; undefined: nothing. */
  prefill: boolean | undefined
}

/** `at`: after so many bytes; undefined: anywhere. */
export interface Fault {
  kind: (typeof FAULTS)[number] | (typeof EARLY_FAULTS)[number]
  at?: number
}

/** A clean end, FIN, RST, a stall, an event that cannot be read, an event that tells an error. */
export const FAULTS = ['end', 'fin', 'rst', 'stall', 'garbage', 'error'] as const
/** In place of an answer. */
export const EARLY_FAULTS = ['reset', 'status 500', 'status 429', 'status 400'] as const
const MID_STREAM = ['restart', 'continue', 'error'] as const
const TOOL_CALLS = ['whole', 'live'] as const

export function anyPlan(random: Random, recordings: readonly Recorded[]): Plan {
  const recorded = recordings.length > 0 && random.chance(0.25) ? random.pick(recordings) : undefined
  const answer = recorded?.answer ?? anyAnswer(random)
  const client = CLIENTS[random.below(CLIENTS.length)] ?? chatClient
  const targets = anyTargets(random, answer, client)
  if (recorded !== undefined && targets[0] !== undefined) targets[0].recorded = recorded
  return {
    client,
    answer,
    targets,
    midStream: random.chance(0.5) ? 'continue' : random.pick(MID_STREAM),
    toolCalls: random.pick(TOOL_CALLS),
    stream: random.chance(0.95),
    hedge: targets.length > 1 && random.chance(0.06),
    translated: random.chance(0.2),
    extras: {
      ...(random.chance(0.1) && { commit_after: { chunks: random.between(1, 6) } }),
      ...(random.chance(0.05) && { keep_alive: 5 }),
    },
    pace: 0,
  }
}

function anyTargets(random: Random, answer: Answer, client: FuzzClient): Target[] {
  const count = random.pick([1, 2, 2, 2, 3, 3, 4])
  const same = DIALECTS.filter(({ native }) => native === client.name)
  // What passes natively joins only with more of it.
  const spoken = same.length > 0 && random.chance(0.3) ? same : DIALECTS
  const able = spoken.filter(({ tells }) => tells.calls || answer.calls.length === 0)
  return Array.from({ length: count }, (_, n): Target => {
    const dialect = random.pick(able)
    const good = n > 0 && n === count - 1 && random.chance(0.7)
    const faulty = !good && random.chance(n === 0 ? 0.9 : 0.5)
    const manner = n === 0 ? { ...anyManner(random), fresh: GOOD.fresh } : anyManner(random)
    return {
      dialect,
      manner: good ? GOOD : manner,
      fault: faulty ? { kind: random.chance(0.08) ? random.pick(EARLY_FAULTS) : random.pick(FAULTS) } : undefined,
      recorded: undefined,
      prefill: anyPrefill(random, dialect),
    }
  })
}

/** Now and then the config claims the contrary of what streamgate knows; where there is no prefill at all it cannot. */
function anyPrefill(random: Random, { name, prefill }: Dialect): boolean | undefined {
  return name !== 'cohere v1' && random.chance(prefill ? 0.1 : 0.4) ? !prefill : undefined
}

/** What is cut. */
export interface CutSubject {
  client: FuzzClient
  dialect: Dialect
  answer: Answer
  recorded?: Recorded
  translated: boolean
}

/** A stream that breaks after `at` bytes and a good target behind it; faults and modes take turns from byte to byte. */
export function planOfCut({ client, dialect, answer, recorded, translated }: CutSubject, at: number): Plan {
  const kind = FAULTS[at % FAULTS.length] ?? 'end'
  const behind = DIALECTS.filter(({ tells }) => tells.calls || answer.calls.length === 0)
  return {
    client,
    answer,
    targets: [
      { dialect, manner: GOOD, fault: { kind, at }, recorded, prefill: undefined },
      {
        dialect: behind[at % behind.length] ?? dialect,
        manner: GOOD,
        fault: undefined,
        recorded: undefined,
        prefill: undefined,
      },
    ],
    midStream: MID_STREAM[Math.floor(at / FAULTS.length) % MID_STREAM.length] ?? 'restart',
    toolCalls: TOOL_CALLS[Math.floor(at / FAULTS.length / MID_STREAM.length) % TOOL_CALLS.length] ?? 'whole',
    stream: true,
    hedge: false,
    translated,
    extras: {},
    pace: 0,
  }
}
