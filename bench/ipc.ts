/** Questions of the bench to its processes, and their answers. */

export type Handlers = Record<string, (args: never) => unknown>

/** The child's side: answers questions by these names, and ends with its parent. */
export function answer(handlers: Handlers): void {
  process.on('message', (question: { id: number; name: string; args: never }) => {
    const handler = handlers[question.name]
    if (handler === undefined) return
    void Promise.resolve()
      .then(() => handler(question.args))
      .then(
        (result) => process.send?.({ id: question.id, result }),
        (error: unknown) => process.send?.({ id: question.id, error: String(error) }),
      )
  })
  process.on('disconnect', () => process.exit())
}

/** Tells the parent that the process is ready, and what it should know. */
export function ready(facts: Record<string, unknown>): void {
  process.send?.({ ready: facts })
}
