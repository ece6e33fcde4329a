/** A value, or the promise of it. */
export type Awaitable<T> = T | Promise<T>

/** Goes on with all the values: at once if none is a promise, so that a store in memory costs no turn of the loop. */
export function when<T extends readonly unknown[] | [], U>(
  values: { readonly [I in keyof T]: Awaitable<T[I]> },
  next: (values: T) => Awaitable<U>,
): Awaitable<U> {
  const waits = (values as readonly unknown[]).some((value) => value instanceof Promise)
  return waits ? Promise.all(values).then((known) => next(known as unknown as T)) : next(values as unknown as T)
}
