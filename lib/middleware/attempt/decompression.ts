import type { Readable, Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { streamFailure } from '../../errors.ts'

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
      return [createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })]
    case 'br':
      return [createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })]
    case 'deflate':
      return [createInflate({ finishFlush: constants.Z_SYNC_FLUSH })]
    case 'zstd':
      return [createZstdDecompress({ finishFlush: constants.ZSTD_e_flush })]
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
