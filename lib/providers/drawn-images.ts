/** OpenAI's chat has no images in its answers: one that Gemini drew is Markdown in the text. */
export function drawnImage(mimeType: string, data: string): string {
  return `![image](data:${mimeType};base64,${data})`
}

const DRAWN = /!\[image\]\((data:([\w/.+-]+);base64,([\w+/=]+))\)/g

/** A stretch of a text with such images: words, or an image. */
export type Stretch = { text: string } | { image: { url: string; mimeType: string; data: string } }

/** The text and its images, in order. */
export function stretchesOf(text: string): Stretch[] {
  const stretches: Stretch[] = []
  let from = 0
  for (const match of text.matchAll(DRAWN)) {
    const [whole, url = '', mimeType = '', data = ''] = match
    if (match.index > from) stretches.push({ text: text.slice(from, match.index) })
    stretches.push({ image: { url, mimeType, data } })
    from = match.index + whole.length
  }
  if (from < text.length) stretches.push({ text: text.slice(from) })
  return stretches
}
