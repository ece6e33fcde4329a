/** A handle of libuv, as Node's diagnostic report has it. */
interface Handle {
  type: string
  is_active: boolean
  is_referenced: boolean
  localEndpoint?: Endpoint | null
  remoteEndpoint?: Endpoint | null
  pid?: number
}
interface Endpoint {
  host: string
  port: number
}

/** What keeps this process busy, a word or two for each: servers, connections, child processes, timers. */
export function leftOpen(): string[] {
  // Without the look-ups of names, which may take seconds.
  Object.assign(process.report, { excludeNetwork: true })
  const { libuv } = process.report.getReport() as unknown as { libuv: Handle[] }
  const handles = libuv.filter((each) => each.is_active && each.is_referenced).flatMap(described)
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  return timers === 0 ? handles : [...handles, timers === 1 ? 'a timer' : `${timers} timers`]
}

function described({ type, localEndpoint, remoteEndpoint, pid }: Handle): string[] {
  if (type === 'process') return [`the process ${pid}`]
  if (type !== 'tcp' || !localEndpoint) return []
  return [
    remoteEndpoint
      ? `a connection from ${addressOf(localEndpoint)} to ${addressOf(remoteEndpoint)}`
      : `a server on ${addressOf(localEndpoint)}`,
  ]
}

function addressOf({ host, port }: Endpoint): string {
  return `${host}:${port}`
}
