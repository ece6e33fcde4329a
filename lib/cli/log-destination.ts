import { fstatSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'

/** Bytes of lines that wait for a reader of the log that is slow or hangs. */
const MAX_WAITING_BYTES = 1024 * 1024

export interface LogDestination {
  write(line: string): void
}

/** Takes a line, or returns false. */
type Take = (line: string) => boolean

/**
 * Standard output as the destination of a log. No line is waited for: those that it does not take, since a disk is full or a
 * reader hangs, are lost, and their number is a line of its own once it takes lines again.
 */
export function standardOutput(): LogDestination {
  const { stdout } = process
  const stat = fstatSync(stdout.fd)
  const isStream = stat.isFIFO() || stat.isSocket() || isatty(stdout.fd)
  return countingLost(isStream ? toStream(stdout) : toFile(stdout.fd))
}

/** Lines for who does not take all: the next that takes one gets the number of those lost before. */
export function countingLost(take: Take): LogDestination {
  let lost = 0
  return {
    write(line) {
      if (lost > 0 && take(lostLine(lost))) lost = 0
      if (lost > 0 || !take(line)) lost += 1
    },
  }
}

function lostLine(lost: number): string {
  return `${JSON.stringify({ level: 40, time: Date.now(), pid: process.pid, lost, msg: 'log lines lost' })}\n`
}

/** Written at once, so that no line is out of order or missing when the process ends. */
export function toFile(fd: number): Take {
  /** The beginning of a line for whose rest there was no room. */
  let torn = false
  return (line) => {
    const bytes = Buffer.from(torn ? `\n${line}` : line)
    let written = 0
    try {
      while (written < bytes.length) written += writeSync(fd, bytes, written)
    } catch {
      torn ||= written > 0
      return false
    }
    torn = false
    return true
  }
}

/** To Node's own stream of a pipe, which writes at once what the reader has room for; a synchronous write would wait for it. */
function toStream(stream: NodeJS.WriteStream): Take {
  // The reader may have gone.
  stream.on('error', () => {})
  return (line) => {
    if (stream.writableLength > MAX_WAITING_BYTES) return false
    stream.write(line)
    return true
  }
}
