import type { Part } from './wire.ts'

/** OpenAI's chat has no images in its answers: they are Markdown in the text. */
export function drawnImage(mimeType: string, data: string): string {
  return `![image](data:${mimeType};base64,${data})`
}

const DRAWN = /!\[image\]\(data:([\w/+.-]+);base64,([\w+/=]+)\)/g

/** The parts of a text with such images, as they came: text, and the images as data. */
export function partsOfText(text: string): Part[] {
  const parts: Part[] = []
  let from = 0
  for (const match of text.matchAll(DRAWN)) {
    const [whole, mimeType = '', data = ''] = match
    if (match.index > from) parts.push({ text: text.slice(from, match.index) })
    parts.push({ inlineData: { mimeType, data } })
    from = match.index + whole.length
  }
  if (from < text.length) parts.push({ text: text.slice(from) })
  return parts
}
