import { drawnImage } from '../drawn-images.ts'
import { object, text } from '../json.ts'

/** The images of an answer, of which a stream has one at a time, in pieces. */
export interface Drawing {
  begin(image: unknown): void
  add(image: unknown): void
  /** The image so far as text; empty if there is none. */
  take(): string
  /** Characters of its pieces. */
  kept(): number
}

export function drawing(): Drawing {
  let type = ''
  let pieces: string[] = []
  let size = 0
  return {
    begin(image) {
      type = `image/${text(object(image).format) || 'png'}`
    },
    add(image) {
      const bytes = text(object(object(image).source).bytes)
      if (bytes === '') return
      pieces.push(bytes)
      size += bytes.length
    },
    take() {
      if (size === 0) return ''
      // Each piece is base64 of its own.
      const data = Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64'))).toString('base64')
      pieces = []
      size = 0
      return drawnImage(type || 'image/png', data)
    },
    kept: () => size,
  }
}
