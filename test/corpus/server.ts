import { play, type Reply, type Scripted, scripted } from '../helpers/upstream.ts'
import { bytesOf, type Recording } from './recordings.ts'
import { contentTypeOf } from './systems.ts'

export interface RecordedServer extends Scripted {
  /** From now on it sends no more than this of the body, and ends in this way. */
  breaks(rest: Buffer, finish: NonNullable<Reply['finish']>): void
}

/** A server that answers as the recorded one did. */
export async function recordedServer(recording: Recording): Promise<RecordedServer> {
  const type = contentTypeOf(recording)
  const headers: Record<string, string> = type === null ? {} : { 'content-type': type }
  let reply: Reply = { headers, chunks: [bytesOf(recording)] }
  const server = await scripted((req, res) => void play(reply, req, res))
  return {
    ...server,
    breaks(rest, finish) {
      reply = { headers, chunks: [rest], finish }
    },
  }
}
