/** Types of media: by the first bytes, which providers look at too, then as given, then by the name's ending. */
export function mediaType(media: {
  data?: string
  given?: string | undefined
  name?: string | undefined
}): string | undefined {
  const given = media.given?.toLowerCase()
  const known = given && !/^(application|binary)\/octet-stream$/.test(given) ? (ALIASES.get(given) ?? given) : undefined
  return typeOfBytes(media.data ?? '') ?? known ?? typeOfName(media.name ?? '')
}

const ALIASES = new Map([
  ['image/jpg', 'image/jpeg'],
  ['image/pjpeg', 'image/jpeg'],
  ['application/x-pdf', 'application/pdf'],
])

/** As much base64 as the longest sign needs. */
const START = 24

/** Signs at the start of a file, as Latin-1; `....` in them stands for any four bytes. */
const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8[79]a/, 'image/gif'],
  [/^RIFF[\s\S]{4}WEBP/, 'image/webp'],
  [/^[\s\S]{4}ftyp(avif|avis)/, 'image/avif'],
  [/^[\s\S]{4}ftyp(heic|heix|hevc|hevx)/, 'image/heic'],
  [/^[\s\S]{4}ftyp(mif1|msf1)/, 'image/heif'],
  [/^[\s\S]{4}ftypqt/, 'video/quicktime'],
  [/^%PDF-/, 'application/pdf'],
]

function typeOfBytes(base64: string): string | undefined {
  const bytes = Buffer.from(base64.slice(0, START), 'base64').toString('latin1')
  return SIGNS.find(([sign]) => sign.test(bytes))?.[1]
}

/** By the ending of a file's name or of a URL's path. */
export function typeOfName(name: string): string | undefined {
  const [path = ''] = name.split(/[?#]/, 1)
  return ENDINGS.get(/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '')
}

const ENDINGS = new Map<string, string>([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['avif', 'image/avif'],
  ['heic', 'image/heic'],
  ['heif', 'image/heif'],
  ['bmp', 'image/bmp'],
  ['svg', 'image/svg+xml'],
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['html', 'text/html'],
  ['htm', 'text/html'],
  ['xml', 'text/xml'],
  ['json', 'application/json'],
  ['doc', 'application/msword'],
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['xls', 'application/vnd.ms-excel'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['mp3', 'audio/mp3'],
  ['wav', 'audio/wav'],
  ['flac', 'audio/flac'],
  ['ogg', 'audio/ogg'],
  ['opus', 'audio/opus'],
  ['aac', 'audio/aac'],
  ['m4a', 'audio/m4a'],
  ['mp4', 'video/mp4'],
  ['webm', 'video/webm'],
  ['mov', 'video/quicktime'],
  ['mpg', 'video/mpeg'],
  ['mpeg', 'video/mpeg'],
  ['avi', 'video/x-msvideo'],
  ['wmv', 'video/wmv'],
  ['flv', 'video/x-flv'],
  ['3gp', 'video/3gpp'],
])
