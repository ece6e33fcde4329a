import assert from 'node:assert/strict'
import { mediaType, typeOfName } from '../../lib/providers/media-type.ts'

const base64 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64')

describe('the type of media', () => {
  const signs: Record<string, string> = {
    'image/png': '\x89PNG\r\n\x1a\n',
    'image/jpeg': '\xff\xd8\xff\xe0',
    'image/gif': 'GIF89a',
    'image/webp': 'RIFF\x01\x02\x03\x04WEBP',
    'image/avif': '\0\0\0\x1cftypavif',
    'image/heic': '\0\0\0\x1cftypheic',
    'image/heif': '\0\0\0\x1cftypmif1',
    'video/quicktime': '\0\0\0\x1cftypqt  ',
    'application/pdf': '%PDF-1.7',
  }
  for (const [type, bytes] of Object.entries(signs)) {
    it(`is ${type} by its bytes, whatever is said`, () => {
      assert.equal(mediaType({ data: base64(`${bytes}more and more`), given: 'text/plain', name: 'a.txt' }), type)
    })
  }

  const rows: [name: string, media: Parameters<typeof mediaType>[0], type: string | undefined][] = [
    ['as given, if the bytes say nothing', { data: base64('a,b'), given: 'Text/CSV', name: 'a.txt' }, 'text/csv'],
    ['under its usual name', { given: 'image/jpg' }, 'image/jpeg'],
    ['by its name, if it is given as bytes', { given: 'application/octet-stream', name: 'a.MD' }, 'text/markdown'],
    ['by its name, if none is given', { given: '', name: 'https://x.test/a.webm?b=c.png#d' }, 'video/webm'],
    ['not known', { data: 'AAAA', name: 'a.constructor' }, undefined],
    ['not known of nothing', {}, undefined],
  ]
  for (const [name, media, type] of rows) {
    it(`is ${name}`, () => assert.equal(mediaType(media), type))
  }

  it('is that of the last ending', () => assert.equal(typeOfName('a.png.pdf'), 'application/pdf'))
})
