import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { firstCharacter } from '../../lib/transforms/sniff.ts'
import { turn } from '../helpers/stages.ts'

describe('the first character of a body', () => {
  const table: [why: string, start: string, character: string | undefined][] = [
    ['is told', '[{"a":1}]', '['],
    ['is told behind white space', ' \r\n\t{}', '{'],
    ['is told behind a byte order mark', '\uFEFF [1]', '['],
    ['may be any', 'é', 'é'],
    ['is not looked for behind white space alone', ' \n', undefined],
    ['is not looked for behind 1024 bytes of it', `${' '.repeat(1024)}[`, undefined],
  ]
  for (const [why, start, character] of table) {
    it(`${why}: ${JSON.stringify(start.slice(0, 12))}`, async () => {
      const body = new PassThrough()
      body.write(start)
      assert.equal(await firstCharacter(body), character)
      // Nothing of it is lost.
      body.end(' and more')
      assert.equal((await body.toArray()).join(''), `${start} and more`)
    })
  }

  it('is not waited for in a body that is gone already', async () => {
    const broken = new PassThrough()
    broken.destroy()
    assert.equal(await firstCharacter(broken), undefined)
    const read = new PassThrough()
    read.end()
    await read.toArray()
    assert.equal(await firstCharacter(read), undefined)
  })

  it('is waited for', async () => {
    const body = new PassThrough()
    const told = firstCharacter(body)
    await turn()
    body.write('[')
    assert.equal(await told, '[')
  })

  it('is waited for also when it is told too early that it is there', async () => {
    const body = new PassThrough()
    const told = firstCharacter(body)
    body.emit('readable')
    body.write('[')
    assert.equal(await told, '[')
  })

  it('is not there in an empty body', async () => {
    const body = new PassThrough()
    body.end()
    assert.equal(await firstCharacter(body), undefined)
    assert.equal(body.readableEnded, true)
  })

  it('is not there in a body that breaks off first', async () => {
    for (const error of [undefined, new Error('ECONNRESET')]) {
      const body = new PassThrough().on('error', () => {})
      const told = firstCharacter(body)
      body.destroy(error)
      assert.equal(await told, undefined)
    }
  })

  it('leaves no listener behind', async () => {
    for (const end of [(body: PassThrough) => body.end(), (body: PassThrough) => body.write('x')]) {
      const body = new PassThrough()
      const before = body.eventNames().map((name) => [name, body.listenerCount(name)])
      end(body)
      await firstCharacter(body)
      assert.deepEqual(
        body.eventNames().map((name) => [name, body.listenerCount(name)]),
        before,
      )
    }
  })
})
