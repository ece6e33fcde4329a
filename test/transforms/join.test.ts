import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough, type Readable, Transform } from 'node:stream'
import { type LinkOptions, link, type Next } from '../../lib/transforms/join.ts'
import { through } from '../../lib/transforms/through.ts'
import { turn } from '../helpers/stages.ts'

const plain = () => through<string, string>((item, push) => push(item))
const source = () => new PassThrough({ objectMode: true }).on('error', () => {})

/** True: more, false: wait. */
type Sink = (item: string) => boolean | 'over'

/** A line whose events are written down: what the sink took, breaks as `!`, and the end as `.` or the error. */
function line(
  from: Readable,
  stages: Transform[],
  { sink, end, ...options }: Partial<Omit<LinkOptions<string>, 'tail'>> & { sink?: Sink; end?: () => void } = {},
) {
  const log: string[] = []
  let ended = () => {}
  const done = new Promise<void>((resolve) => {
    ended = resolve
  })
  const take: Sink =
    sink ??
    ((item) => {
      log.push(item)
      return true
    })
  const unlink = link<string>(from, stages, {
    tail: {
      sink(item) {
        const next = take(item)
        if (typeof next === 'string') return next
        return next ? 'more' : 'wait'
      },
      ...(end && { end }),
    },
    onReady: (resume) => resume(),
    onBroken: (error) => log.push(`! ${error.message}`),
    onDone: (error) => {
      log.push(error === undefined ? '.' : `done: ${error.message}`)
      ended()
    },
    ...options,
  })
  return { log, done, unlink }
}

describe('link', () => {
  it('passes all items through all stages, and tells the end once', async () => {
    const from = source()
    const twice = through<string, string>((item, push) => {
      push(item)
      push(item.toUpperCase())
    })
    const { log, done } = line(from, [twice, plain()])
    from.write('a')
    from.end('b')
    await done
    await turn()
    assert.deepEqual(log, ['a', 'A', 'b', 'B', '.'])
  })

  it('is done when the last stage ends, though the source goes on', async () => {
    const from = source()
    const first = through<string, string>((item, push) => push(item === 'end' ? null : item))
    const { log, done } = line(from, [first, plain()])
    from.write('a')
    from.write('end')
    await done
    from.write('b')
    await turn()
    assert.deepEqual(log, ['a', '.'])
    assert.equal(from.destroyed, false)
  })

  describe('when the source breaks', () => {
    const breaks: Record<string, [(from: PassThrough) => unknown, string]> = {
      'with an error': [(from) => from.destroy(new Error('ECONNRESET')), '! ECONNRESET'],
      'by closing early': [(from) => from.destroy(), '! the connection was closed early'],
    }
    for (const [name, [cut, told]] of Object.entries(breaks)) {
      it(`${name} lets the stages pass on what they hold, and tells it once`, async () => {
        const from = source()
        const holding = through<string, string>(
          () => {},
          (push) => push('held'),
        )
        const { log, done } = line(from, [plain(), holding])
        from.write('a')
        await turn()
        cut(from)
        await done
        await turn()
        assert.deepEqual(log, [told, 'held', '.'])
      })

      it(`${name} leaves it to the stages to fail`, async () => {
        const from = source()
        const strict = through<string, string>(
          (item, push) => push(item),
          () => {
            throw new Error('truncated')
          },
        )
        const { log, done } = line(from, [strict, plain()])
        from.write('a')
        await turn()
        cut(from)
        await done
        assert.deepEqual(log, ['a', told, 'done: truncated'])
      })
    }

    it('before it was joined to the stages is told as well', async () => {
      for (const error of [new Error('ECONNRESET'), undefined]) {
        const from = source()
        from.write('lost')
        from.destroy(error)
        await once(from, 'close').catch(() => {})
        const { log, done } = line(from, [plain(), plain()])
        await done
        assert.deepEqual(log, ['! the connection was closed early', '.'])
      }
    })

    it('after its end tells nothing', async () => {
      const from = source()
      const { log, done } = line(from, [plain()])
      from.end('a')
      await once(from, 'close')
      await done
      assert.deepEqual(log, ['a', '.'])
      const late = line(from, [plain()])
      await late.done
      assert.deepEqual(late.log, ['.'])
    })
  })

  describe('when a stage fails', () => {
    for (const at of [0, 1, 2]) {
      it(`number ${at} of three, tells its error once and closes all`, async () => {
        const from = source()
        const failing = through<string, string>((item, push) => {
          if (item === 'b') throw new Error(`stage ${at}`)
          push(item)
        })
        const stages = [plain(), plain(), plain()].with(at, failing)
        const { log, done } = line(from, stages)
        from.write('a')
        await turn()
        from.write('b')
        from.write('c')
        await done
        await turn()
        assert.deepEqual(log, ['a', `done: stage ${at}`])
        assert.ok(stages.every((stage) => stage.destroyed))
      })

      it(`number ${at} of three, by closing before its end, is an error too`, async () => {
        const from = source()
        const stages = [plain(), plain(), plain()]
        const { log, done } = line(from, stages)
        from.write('a')
        await turn()
        stages[at]?.destroy()
        await done
        await turn()
        assert.deepEqual(log, ['a', 'done: a stage was closed before its end'])
      })
    }

    for (const all of [true, false]) {
      it(`tells it the tail, which has ${all ? 'all' : 'not all'} that is wanted`, async () => {
        const from = source()
        const failing = through<string, string>(() => {
          throw new Error('bad')
        })
        const ended = await new Promise<Error | undefined>((resolve) => {
          const tail = { sink: (): Next => 'more', cutOff: () => all }
          link<string>(from, [failing], { tail, onReady() {}, onBroken() {}, onDone: resolve })
          from.write('a')
        })
        assert.equal(ended?.message, all ? undefined : 'bad')
      })
    }

    it('but not once somebody else, who heard of it first, took the line apart', async () => {
      const from = source()
      const failing = through<string, string>(() => {
        throw new Error('bad')
      })
      const log: string[] = []
      let unlink = () => {}
      failing.on('error', () => unlink())
      const tail = {
        sink: (): Next => 'more',
        cutOff() {
          log.push('cut off')
          return true
        },
      }
      unlink = link<string>(from, [failing], { tail, onReady() {}, onBroken() {}, onDone: () => log.push('done') })
      from.write('a')
      await turn()
      await turn()
      assert.deepEqual(log, [])
      assert.equal(failing.destroyed, true)
    })

    it('is done with what the tail throws then', async () => {
      const from = source()
      const failing = through<string, string>(() => {
        throw new Error('bad')
      })
      const ended = await new Promise<Error | undefined>((resolve) => {
        const tail = {
          sink: (): Next => 'more',
          cutOff() {
            throw new Error('of the tail')
          },
        }
        link<string>(from, [failing], { tail, onReady() {}, onBroken() {}, onDone: resolve })
        from.write('a')
      })
      assert.equal(ended?.message, 'of the tail')
    })

    it('of the application, a Transform of Node, tells its error', async () => {
      const from = source()
      const own = new Transform({
        objectMode: true,
        transform: (_item, _encoding, callback) => callback(new Error('own')),
      })
      const { log, done } = line(from, [plain(), own])
      from.write('a')
      await done
      assert.deepEqual(log, ['done: own'])
    })

    it('again while it is taken apart, tells nothing more', async () => {
      const from = source()
      const rude = new Transform({
        objectMode: true,
        transform: (_item, _encoding, callback) => callback(null, 'a'),
        destroy: (_error, callback) => callback(new Error('at destroy')),
      })
      const { log, done } = line(from, [plain(), rude], {
        sink: () => {
          throw new Error('first')
        },
      })
      from.write('a')
      await done
      await turn()
      assert.deepEqual(log, ['done: first'])
    })
  })

  describe('when the sink throws', () => {
    // Streams emit at two places: inside the stage's own push, and later on their own.
    const feeds: Record<string, (from: PassThrough) => Promise<void>> = {
      'at an item that comes alone': async (from) => {
        from.write('a')
        await turn()
        from.write('b')
      },
      'at an item out of a full buffer': async (from) => {
        for (const item of ['a', 'b', 'c', 'd']) from.write(item)
      },
    }
    for (const [name, feed] of Object.entries(feeds)) {
      for (const pausing of [false, true]) {
        it(`${name}${pausing ? ', after a pause' : ''}, is done with that error`, async () => {
          const from = source()
          const stages = [plain(), plain()]
          const { log, done } = line(from, stages, {
            sink: (item) => {
              if (item === 'b') throw new Error('full')
              return !pausing
            },
            onReady: setImmediate,
          })
          await feed(from)
          await done
          await turn()
          assert.deepEqual(log, ['done: full'])
          assert.ok(stages.every((stage) => stage.destroyed))
        })
      }
    }

    it('after it took the line apart itself, nothing is told', async () => {
      const from = source()
      const { log, unlink } = line(from, [plain(), plain()], {
        sink: () => {
          unlink()
          throw new Error('too late')
        },
      })
      from.write('a')
      from.write('b')
      await turn()
      await turn()
      assert.deepEqual(log, [])
    })

    it('in the middle of what a stage passes on, the rest goes nowhere', async () => {
      const from = source()
      const taken: string[] = []
      const many = through<string, string>((_item, push) => {
        for (const item of ['a', 'b', 'c']) push(item)
      })
      const { log, done } = line(from, [many], {
        sink: (item) => {
          taken.push(item)
          if (item === 'b') throw new Error('full')
          return true
        },
      })
      from.write('x')
      await done
      await turn()
      assert.deepEqual([taken, log], [['a', 'b'], ['done: full']])
    })
  })

  describe('when the sink asks to wait', () => {
    it('gives nothing more until it is ready, and then the rest in order', async () => {
      const from = source()
      const log: string[] = []
      const waiting: (() => void)[] = []
      const { done } = line(from, [plain(), plain()], {
        sink: (item) => {
          log.push(item)
          return false
        },
        onReady: (resume) => waiting.push(resume),
      })
      for (const item of ['a', 'b', 'c']) from.write(item)
      from.end()
      for (const expected of ['a', 'ab', 'abc']) {
        await turn()
        await turn()
        assert.deepEqual(log, [...expected])
        assert.equal(waiting.length, 1)
        waiting.pop()?.()
      }
      await done
      assert.deepEqual(log, ['a', 'b', 'c'])
    })

    it('stops reading the source when the stages are full, and reads on afterwards', async () => {
      const from = source()
      let resume = () => {}
      let taken = 0
      const { done } = line(from, [plain(), plain()], {
        sink: () => {
          taken += 1
          return taken > 1
        },
        onReady: (ready) => {
          resume = ready
        },
      })
      let written = 0
      while (from.write('x') || written < 300) {
        written += 1
        if (written % 50 === 0) await turn()
        if (written > 10_000) break
      }
      assert.equal(from.writableNeedDrain, true)
      assert.equal(taken, 1)
      const stuck = from.writableLength
      resume()
      from.end()
      await done
      assert.ok(stuck > 0)
      assert.equal(taken, written + 1)
    })

    it('and is ready at once, goes on', async () => {
      const from = source()
      let taken = 0
      const { done } = line(from, [plain()], {
        sink: () => {
          taken += 1
          return false
        },
      })
      from.write('a')
      from.end('b')
      await done
      assert.equal(taken, 2)
    })

    it('and is ready after the line was taken apart, nothing happens', async () => {
      const from = source()
      const waiting: (() => void)[] = []
      const { log, unlink } = line(from, [plain()], { sink: () => false, onReady: (resume) => waiting.push(resume) })
      from.write('a')
      await turn()
      unlink()
      for (const resume of waiting) resume()
      from.write('b')
      await turn()
      assert.deepEqual([waiting.length, log], [1, []])
    })
  })

  describe('taken apart', () => {
    it('tells nothing any more and closes the stages, but not the source', async () => {
      const from = source()
      const stages = [plain(), plain()]
      const { log, unlink } = line(from, stages)
      from.write('a')
      await turn()
      unlink()
      unlink()
      from.write('b')
      from.end()
      from.resume()
      await once(from, 'close')
      assert.deepEqual(log, ['a'])
      assert.ok(stages.every((stage) => stage.destroyed))
    })

    it('leaves the source as it was found, able to be read to its end', async () => {
      const from = source()
      const before = from.eventNames().map((name) => [name, from.listenerCount(name)])
      const { unlink } = line(from, [plain()])
      from.write('a')
      await turn()
      unlink()
      assert.deepEqual(
        from
          .eventNames()
          .map((name) => [name, from.listenerCount(name)])
          .filter(([, count]) => count !== 0),
        before,
      )
      from.end('b')
      assert.deepEqual(await from.toArray(), ['b'])
    })

    it('leaves no listener on a stage but one that swallows late errors', async () => {
      const from = source()
      const stages = [plain(), plain()]
      const { done } = line(from, stages)
      from.end('a')
      await done
      for (const stage of stages) {
        assert.deepEqual(stage.eventNames(), ['error'])
        stage.emit('error', new Error('late'))
      }
    })
  })

  describe('without stages', () => {
    it('passes all items on, then tells the tail that no more come, and the end once', async () => {
      const from = source()
      const { log, done } = line(from, [], { end: () => log.push('end') })
      from.write('a')
      from.end('b')
      await done
      await turn()
      assert.deepEqual(log, ['a', 'b', 'end', '.'])
    })

    it('of a source that had ended before tells the end', async () => {
      const from = source()
      from.end()
      from.resume()
      await once(from, 'close')
      const { log, done } = line(from, [])
      await done
      assert.deepEqual(log, ['.'])
    })

    it('of a source that had ended before tells nothing once it is taken apart', async () => {
      const from = source()
      from.end()
      from.resume()
      await once(from, 'close')
      const { log, unlink } = line(from, [])
      unlink()
      await turn()
      assert.deepEqual(log, [])
    })

    for (const error of [new Error('ECONNRESET'), undefined]) {
      it(`tells a break ${error ? 'with' : 'without'} an error once, and leaves it to the tail to fail`, async () => {
        const from = source()
        const { log, done } = line(from, [], {
          end: () => {
            throw new Error('truncated')
          },
        })
        from.write('a')
        await turn()
        from.destroy(error)
        await done
        await turn()
        const told = error?.message ?? 'the connection was closed early'
        assert.deepEqual(log, ['a', `! ${told}`, 'done: truncated'])
      })
    }

    it('is done with what the sink throws', async () => {
      const from = source()
      const { log, done } = line(from, [], {
        sink: () => {
          throw new Error('full')
        },
      })
      from.write('a')
      from.write('b')
      await done
      await turn()
      assert.deepEqual(log, ['done: full'])
    })

    it('is done when the sink has enough, though the source goes on', async () => {
      const from = source()
      const { log, done } = line(from, [], {
        sink: (item) => {
          log.push(item)
          return item === 'b' ? 'over' : true
        },
        end: () => log.push('end'),
      })
      for (const item of ['a', 'b', 'c']) from.write(item)
      await done
      await turn()
      assert.deepEqual(log, ['a', 'b', '.'])
      assert.equal(from.destroyed, false)
    })

    it('gives nothing more until the sink is ready', async () => {
      const from = source()
      let resume = () => {}
      const { log, done } = line(from, [], {
        sink: (item) => {
          log.push(item)
          return item !== 'a'
        },
        onReady: (ready) => {
          resume = ready
        },
      })
      from.write('a')
      from.end('b')
      await turn()
      await turn()
      assert.deepEqual(log, ['a'])
      resume()
      await done
      assert.deepEqual(log, ['a', 'b', '.'])
    })

    it('lets the tail go on with an item in other turns, before the next one', async () => {
      const from = source()
      const log: string[] = []
      const steps: Next[] = ['wait', 'over']
      const next = (): Next => {
        log.push('rest')
        return steps.shift() as Next
      }
      const waiting: (() => void)[] = []
      const done = new Promise<void>((resolve) => {
        link<string>(from, [], {
          tail: {
            sink(item) {
              log.push(item)
              return item === 'a' ? () => next : next
            },
          },
          onReady: (resume) => waiting.push(resume),
          onBroken: () => {},
          onDone: () => resolve(),
        })
      })
      from.write('a')
      from.write('b')
      for (const expected of ['a', 'a', 'a rest', 'a rest b', 'a rest b rest']) {
        await turn()
        await turn()
        assert.equal(log.join(' '), expected)
        waiting.pop()?.()
        assert.equal(log.join(' '), expected)
      }
      await done
      assert.equal(from.destroyed, false)
    })

    it('is done with what the tail throws when it goes on', async () => {
      const from = source()
      const error = await new Promise<Error | undefined>((resolve) => {
        link<string>(from, [], {
          tail: {
            sink: () => () => {
              throw new Error('full')
            },
          },
          onReady: (resume) => resume(),
          onBroken: () => {},
          onDone: resolve,
        })
        from.write('a')
      })
      assert.equal(error?.message, 'full')
    })

    it('taken apart while the tail has something left, calls it no more', async () => {
      const from = source()
      let called = 0
      const unlink = link<string>(from, [], {
        tail: {
          sink: () => () => {
            called += 1
            return 'more'
          },
        },
        onReady: (resume) => resume(),
        onBroken: () => {},
        onDone: () => {},
      })
      from.once('data', () => unlink())
      from.write('a')
      await turn()
      await turn()
      assert.equal(called, 0)
    })

    it('taken apart leaves the source as it was found', async () => {
      const from = source()
      const before = from.eventNames().map((name) => [name, from.listenerCount(name)])
      const { log, unlink } = line(from, [])
      unlink()
      from.write('a')
      await turn()
      const after = from.eventNames().map((name) => [name, from.listenerCount(name)])
      assert.deepEqual([log, after.filter(([, count]) => count !== 0)], [[], before])
    })
  })
})
