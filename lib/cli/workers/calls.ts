/**
 * Asks and answers between the primary and a worker, over the channel that node:cluster opens between them. What is sent
 * goes as JSON.
 */

/** One end of the channel: `process` in a worker, the Worker in the primary. */
export interface Channel {
  send?(message: unknown, callback: (error: Error | null) => void): boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
}

/** What one side can be asked. */
export type Methods = Readonly<Record<string, (...args: never[]) => unknown>>

/** Asks the other side. Rejects if it fails, if it has not answered after `ms`, or if it is gone. */
export type Call<Theirs extends Methods> = <M extends keyof Theirs & string>(
  ms: number,
  method: M,
  ...args: Parameters<Theirs[M]>
) => Promise<Awaited<ReturnType<Theirs[M]>>>

interface Ask {
  ask: number
  method: string
  args: unknown[]
}
interface Answer {
  answer: number
  value?: unknown
  error?: string
}

/** Answers the other side with `ours`, from now on. */
export function openCalls<Theirs extends Methods>(channel: Channel, ours: Methods): Call<Theirs> {
  const waiting = new Map<number, (outcome: Omit<Answer, 'answer'>) => void>()
  let last = 0

  const send = (message: Ask | Answer, onLost: (error: Error) => void = () => {}) => {
    channel.send?.(message, (error) => error && onLost(error))
  }
  channel.on('message', (received) => {
    const message = received as Ask | Answer
    if ('answer' in message) waiting.get(message.answer)?.(message)
    else void answerTo(ours, message).then((answer) => send(answer))
  })

  return (ms, method, ...args) =>
    new Promise((resolve, reject) => {
      last += 1
      const ask = last
      const settle = ({ value, error }: Omit<Answer, 'answer'>) => {
        clearTimeout(timer)
        waiting.delete(ask)
        if (error === undefined) resolve(value as never)
        else reject(new Error(error))
      }
      const timer = setTimeout(() => settle({ error: `No answer to ${method} within ${ms} ms.` }), ms)
      waiting.set(ask, settle)
      send({ ask, method, args }, ({ message }) => settle({ error: message }))
    })
}

async function answerTo(ours: Methods, { ask, method, args }: Ask): Promise<Answer> {
  try {
    const known = Object.hasOwn(ours, method) ? ours[method] : undefined
    if (known === undefined) throw new Error(`There is no ${method} here.`)
    return { answer: ask, value: await known(...(args as never[])) }
  } catch (error) {
    return { answer: ask, error: (error as Error).message }
  }
}
