import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough, type Readable, Transform } from 'node:stream'
import { type JoinOptions, join } from '../../lib/transforms/join.ts'
import { through } from '../../lib/transforms/through.ts'
import { turn } from '../helpers/stages.ts'

const plain = () => through<string, string>((item, push) => push(item))
const source = () => new PassThrough({ objectMode: true }).on('error', () => {})

/** A line whose events are written down: what was written, breaks as `!`, and the end as `.` or the error. */
function line(from: Readable, stages: Transform[], options: Partial<JoinOptions<string>> = {}) {
  const log: string[] = []
  let ended = () => {}
  const done = new Promise<void>((resolve) => {
    ended = resolve
  })
  const unjoin = join<string>(from, stages, {
    write: (item) => log.push(item) > 0,
    onReady: (resume) => resume(),
    onBroken: (error) => log.push(`! ${error.message}`) > 0,
    onDone: (error) => {
      log.push(error === undefined ? '.' : `done: ${error.message}`)
      ended()
    },
    ...options,
  })
  return { log, done, unjoin }
}

describe('join', () => {
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
    for (const [name, [cut, breakNote]] of Object.entries(breaks)) {
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
        assert.deepEqual(log, [breakNote, 'held', '.'])
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
        assert.deepEqual(log, ['a', breakNote, '! truncated', 'done: truncated'])
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
        assert.deepEqual(log, ['a', `! stage ${at}`, `done: stage ${at}`])
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
        assert.deepEqual(log.slice(0, 2), ['a', '! a stage was closed before its end'])
        assert.equal(log.at(-1), 'done: a stage was closed before its end')
      })
    }

    it('lets the stages behind it pass on what they hold, and names the stage', async () => {
      const from = source()
      const failing = through<string, string>((item, push) => {
        if (item === 'b') throw new Error('bad')
        push(item)
      })
      const holding = through<string, string>(
        () => {},
        (push) => push('held'),
      )
      const written: string[] = []
      const [error, stage] = await new Promise<(Error | Transform | undefined)[]>((resolve) => {
        const write = (item: string) => written.push(item) > 0
        join<string>(from, [failing, holding], {
          write,
          onReady() {},
          onBroken: () => true,
          onDone: (...end) => resolve(end),
        })
        from.write('a')
        from.write('b')
      })
      assert.deepEqual([written, String(error), stage === failing], [['held'], 'Error: bad', true])
    })

    it('and is not to be gone on behind, is done at once', async () => {
      const from = source()
      const failing = through<string, string>(() => {
        throw new Error('bad')
      })
      const stalling = new Transform({ objectMode: true, flush() {} })
      const { log, done } = line(from, [failing, stalling], { onBroken: () => false })
      from.write('a')
      await done
      assert.deepEqual(log, ['done: bad'])
    })

    it('but not once somebody else, who heard of it first, took the line apart', async () => {
      const from = source()
      const failing = through<string, string>(() => {
        throw new Error('bad')
      })
      let takeApart = () => {}
      failing.on('error', () => takeApart())
      const { log, unjoin } = line(from, [failing])
      takeApart = unjoin
      from.write('a')
      await turn()
      await turn()
      assert.deepEqual(log, [])
      assert.equal(failing.destroyed, true)
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
      assert.deepEqual(log, ['! own', 'done: own'])
    })

    it('again while it is taken apart, tells nothing more', async () => {
      const from = source()
      const rude = new Transform({
        objectMode: true,
        transform: (_item, _encoding, callback) => callback(null, 'a'),
        destroy: (_error, callback) => callback(new Error('at destroy')),
      })
      const { log, done } = line(from, [plain(), rude], {
        write: () => {
          throw new Error('first')
        },
      })
      from.write('a')
      await done
      await turn()
      assert.deepEqual(log, ['! first', 'done: first'])
    })
  })

  describe('when the writer throws', () => {
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
            write: (item) => {
              if (item === 'b') throw new Error('full')
              return !pausing
            },
            onReady: setImmediate,
          })
          await feed(from)
          await done
          await turn()
          assert.deepEqual(log, ['! full', 'done: full'])
          assert.ok(stages.every((stage) => stage.destroyed))
        })
      }
    }

    it('after it took the line apart itself, nothing is told', async () => {
      const from = source()
      const { log, unjoin } = line(from, [plain(), plain()], {
        write: () => {
          unjoin()
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
        write: (item) => {
          taken.push(item)
          if (item === 'b') throw new Error('full')
          return true
        },
      })
      from.write('x')
      await done
      await turn()
      assert.deepEqual(
        [taken, log],
        [
          ['a', 'b'],
          ['! full', 'done: full'],
        ],
      )
    })
  })

  describe('when the writer asks to wait', () => {
    it('gives nothing more until it is ready, and then the rest in order', async () => {
      const from = source()
      const log: string[] = []
      const waiting: (() => void)[] = []
      const { done } = line(from, [plain(), plain()], {
        write: (item) => {
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
        write: () => {
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
        write: () => {
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
      const { log, unjoin } = line(from, [plain()], { write: () => false, onReady: (resume) => waiting.push(resume) })
      from.write('a')
      await turn()
      unjoin()
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
      const { log, unjoin } = line(from, stages)
      from.write('a')
      await turn()
      unjoin()
      unjoin()
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
      const { unjoin } = line(from, [plain()])
      from.write('a')
      await turn()
      unjoin()
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
})
