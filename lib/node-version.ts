/**
 * By major version, the first minor one that has all that streamgate takes from Node: zstd came last. package.json promises no more
 * than http-proxy-middleware does, which leaves out the lines without long support. They run all the same, and are not refused.
 */
const FIRST_MINOR: Readonly<Record<number, number>> = { 22: 15, 23: 8 }

/** What to tell the user of a Node that is too old; undefined if it is not. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major >= 22 && minor >= (FIRST_MINOR[major] ?? 0)) return undefined
  return `streamgate needs Node 22.15 or later, and this is Node ${version}.`
}
