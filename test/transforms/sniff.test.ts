import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { firstCharacters, framingByStart } from '../../lib/transforms/sniff.ts'
import { turn } from '../helpers/stages.ts'

describe('the first characters of a body', () => {
  const table: [why: string, start: string, characters: string][] = [
    ['are read', '[{"a":1}]', '[{"a":1}]'],
    ['are read behind white space', ' \r\n\t{}', '{}'],
    ['are read behind a byte order mark', '\uFEFF [1]', '[1]'],
    ['may be any', 'é', 'é'],
    ['are 16 at most', 'data: {"id":"chatcmpl-1"}', 'data: {"id":"cha'],
    ['are not looked for behind 1024 bytes of white space', `${' '.repeat(1024)}[`, ''],
  ]
  for (const [why, start, characters] of table) {
    it(`${why}: ${JSON.stringify(start.slice(0, 12))}`, async () => {
      const body = new PassThrough()
      body.write(start)
      assert.equal(await firstCharacters(body), characters)
      // Nothing of it is lost.
      body.end(' and more')
      assert.equal((await body.toArray()).join(''), `${start} and more`)
    })
  }

  it('are waited for while there is nothing but white space', async () => {
    const body = new PassThrough()
    const start = firstCharacters(body)
    for (const blank of ['\n', '\r\n', ' ', '\uFEFF']) {
      body.write(blank)
      await turn()
    }
    body.write('\ndata: a\n\n')
    assert.equal(await start, 'data: a\n\n')
    body.end()
    assert.equal((await body.toArray()).join('').trim(), 'data: a')
  })

  it('is not waited for in a body that is gone already', async () => {
    const broken = new PassThrough()
    broken.destroy()
    assert.equal(await firstCharacters(broken), '')
    const read = new PassThrough()
    read.end()
    await read.toArray()
    assert.equal(await firstCharacters(read), '')
  })

  it('is waited for', async () => {
    const body = new PassThrough()
    const told = firstCharacters(body)
    await turn()
    body.write('[')
    assert.equal(await told, '[')
  })

  it('is waited for also when it is told too early that it is there', async () => {
    const body = new PassThrough()
    const told = firstCharacters(body)
    body.emit('readable')
    body.write('[')
    assert.equal(await told, '[')
  })

  it('is not there in an empty body', async () => {
    const body = new PassThrough()
    body.end()
    assert.equal(await firstCharacters(body), '')
    assert.equal(body.readableEnded, true)
  })

  it('is not there in a body that breaks off first', async () => {
    for (const error of [undefined, new Error('ECONNRESET')]) {
      const body = new PassThrough().on('error', () => {})
      const told = firstCharacters(body)
      body.destroy(error)
      assert.equal(await told, '')
    }
  })

  it('leaves no listener behind', async () => {
    for (const end of [(body: PassThrough) => body.end(), (body: PassThrough) => body.write('x')]) {
      const body = new PassThrough()
      const before = body.eventNames().map((name) => [name, body.listenerCount(name)])
      end(body)
      await firstCharacters(body)
      assert.deepEqual(
        body.eventNames().map((name) => [name, body.listenerCount(name)]),
        before,
      )
    }
  })
})

describe('the framing by the first characters', () => {
  const table: [
    start: string,
    declared: Parameters<typeof framingByStart>[1],
    found: ReturnType<typeof framingByStart>,
  ][] = [
    ['data: {', 'json-array', 'sse'],
    ['data', 'json-lines', 'sse'],
    ['event: ping', 'aws-eventstream', 'sse'],
    [': comment', 'sse', 'sse'],
    ['id: 1', 'sse-or-json-array', 'sse'],
    ['retry:', 'json-array', 'sse'],
    ['{"id"', 'sse', 'json-array'],
    ['{"id"', 'aws-eventstream', 'json-array'],
    ['{"id"', 'json-lines', 'json-lines'],
    ['{\r\n  "id": "1",', 'json-lines', 'json-array'],
    ['[{', 'sse', 'json-array'],
    ['[{', 'json-lines', 'json-array'],
    ['<!DOCTYPE', 'sse', 'html'],
    ['Gone.', 'sse', undefined],
    ['\0\0', 'aws-eventstream', undefined],
    ['', 'sse', undefined],
  ]
  for (const [start, declared, found] of table) {
    it(`${JSON.stringify(start)} where ${declared} is declared: ${found}`, () => {
      assert.equal(framingByStart(start, declared), found)
    })
  }
})
