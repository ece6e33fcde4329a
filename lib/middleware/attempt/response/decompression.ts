import type { Readable, Transform } from 'node:stream'
// As a whole: a name that an older Node has not would end it before it could say which one is needed.
import zlib from 'node:zlib'
import { streamFailure } from '../../../errors.ts'

/**
 * The stage that decompresses a body, if it is compressed: some providers' edges do although we ask for `identity`. All that
 * came before a cut is passed on, since it is the stream's own terminal that marks a whole answer.
 */
export function decompression(contentEncoding = 'identity'): Transform[] {
  switch (contentEncoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return []
    case 'gzip':
    case 'x-gzip':
      return [zlib.createGunzip({ finishFlush: zlib.constants.Z_SYNC_FLUSH })]
    case 'br':
      return [zlib.createBrotliDecompress({ finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH })]
    case 'deflate':
      return [zlib.createInflate({ finishFlush: zlib.constants.Z_SYNC_FLUSH })]
    case 'zstd':
      return [zlib.createZstdDecompress({ finishFlush: zlib.constants.ZSTD_e_flush })]
    default:
      throw streamFailure('malformed', 'The provider answered in an unknown content-encoding.')
  }
}

/** A body's first bytes as text: at most `maxBytes`, and what has come after `timeout` ms. Never rejects. */
export function readStart(body: Readable, maxBytes: number, timeout: number): Promise<string> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let size = 0
    const done = () => {
      clearTimeout(timer)
      body.removeListener('data', onData)
      resolve(Buffer.concat(pieces).subarray(0, maxBytes).toString())
    }
    const onData = (piece: Buffer) => {
      pieces.push(piece)
      size += piece.length
      if (size >= maxBytes) done()
    }
    const timer = setTimeout(done, timeout)
    body.on('data', onData)
    body.once('end', done)
    body.once('error', done)
    body.once('close', done)
  })
}
