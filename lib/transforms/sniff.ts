import type { Readable } from 'node:stream'

/**
 * The first character of a body that is not white space, without taking it out; undefined if the body ends, breaks off or begins
 * with nothing but white space.
 */
export function firstCharacter(body: Readable): Promise<string | undefined> {
  return new Promise((resolve) => {
    const done = (character: string | undefined) => {
      body.off('readable', onReadable).off('end', onEnd).off('close', onEnd)
      resolve(character)
    }
    const onReadable = () => {
      const start: Buffer | null = body.read()
      if (start === null) return
      body.unshift(start)
      done(/^[\uFEFF\s]*(\S)/.exec(start.subarray(0, 1024).toString())?.[1])
    }
    const onEnd = () => done(undefined)
    if (body.destroyed || body.readableEnded) return resolve(undefined)
    body.on('readable', onReadable).on('end', onEnd).on('close', onEnd)
  })
}
