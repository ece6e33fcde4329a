import { readFileSync } from 'node:fs'
import { targetsOf } from '../config/targets-of.ts'
import { ConfigError, parseConfig, type ResolvedTarget } from '../config.ts'
import { RequestError } from '../errors.ts'
import type { Command } from './command.ts'
import { readConfig } from './config-file.ts'
import { parseArguments } from './parse-arguments.ts'
import { dialectNamed, type RecordedDialect } from './recording/dialects.ts'
import { listenAndRecord } from './recording/listen.ts'
import { writeRecording } from './recording/write-recording.ts'

interface Arguments {
  config: string
  /** A file to ask from, or a port on which a client is waited for. */
  from: { request: string; dialect: RecordedDialect } | { port: number }
  target: string | undefined
  out: string
  timeout: number
}

/** Keeps an answer of a live provider, byte by byte and without keys: for fixtures and bug reports. */
export const record: Command<Arguments> = {
  usage: `Usage: streamgate record --config FILE --request FILE [options]
       streamgate record --config FILE --listen PORT [options]

Sends one request to one target of a config and writes what comes back, as it is on the wire:
  OUT.sse (or .jsonl, .json, .eventstream; .error.json for a status other than 200)  the body
  OUT.request.json  the request in the provider's own form
  OUT.meta.json     both their headers, and all that streamgate replay needs to know
Keys are replaced by *, and every header's value that is not known to be harmless. What the request and the answer say is kept.

  --config FILE      the config
  --request FILE     a request, as JSON
  --dialect NAME     what the request is written in: chat-completions, messages or responses (chat-completions)
  --listen PORT      in place of a file: records what clients send to http://127.0.0.1:PORT/v1, in whatever dialect, until it is
                     stopped, each request under a number behind OUT; 0 for any free port
  --target NAME      the target, by its name or path such as targets[1] (the first)
  --out OUT          what the files' names begin with (recording)
  --timeout SECONDS  how long the answer may take (300)
  --help             show this text

Exit code: 0 if an answer was recorded, whatever it is, 1 if not, 2 for wrong arguments`,

  read(argv) {
    const { values } = parseArguments({
      args: [...argv],
      options: {
        config: { type: 'string' },
        request: { type: 'string' },
        dialect: { type: 'string', default: 'chat-completions' },
        listen: { type: 'string' },
        target: { type: 'string' },
        out: { type: 'string', default: 'recording' },
        timeout: { type: 'string', default: '300' },
      },
    })
    const { config, request, listen, target, out, timeout } = values
    if (!config) throw new Error('record needs a --config')
    if (!request && !listen) throw new Error('record needs a --request, or --listen')
    if (request && listen) throw new Error('record takes either --request or --listen')
    if (listen && !/^\d{1,5}$/.test(listen)) throw new Error(`--listen must be a port, got '${listen}'`)
    if (!/^[1-9]\d{0,4}$/.test(timeout)) throw new Error(`--timeout must be a number of seconds, got '${timeout}'`)
    const from = request ? { request, dialect: dialectNamed(values.dialect) } : { port: Number(listen) }
    return { config, from, target, out, timeout: Number(timeout) }
  },

  async run({ config: file, from, target: name, out, timeout }) {
    const config = configIn(file)
    const target = chosen(file, targetsOf(parseConfig(config).route), name)
    if ('port' in from) {
      const url = await listenAndRecord({ config, target, out, timeout, port: from.port })
      console.log(`Requests to ${url}/v1 go to ${target.name}, and are recorded. Ctrl + C ends it.`)
      return undefined
    }
    const said = { name: from.dialect, body: readRequest(from.request), headers: {} }
    const { lines } = await writeRecording(target, said, { out, timeout }).catch((error: unknown) => {
      throw error instanceof RequestError ? new Error(`${from.request}: ${error.message}`) : error
    })
    console.log(lines.join('\n'))
    return 0
  },
}

function chosen(file: string, targets: readonly ResolvedTarget[], name: string | undefined): ResolvedTarget {
  const found = name === undefined ? targets[0] : targets.find((target) => target.name === name)
  if (found !== undefined) return found
  throw new Error(`${file} has no target '${name}', only ${targets.map((target) => target.name).join(', ')}`)
}

/** The config of a file, which is a right one. */
function configIn(file: string): unknown {
  try {
    const config = readConfig(file, process.env)
    parseConfig(config)
    return config
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new Error(error.message.replaceAll(/^/gm, `${file}: `))
  }
}

function readRequest(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`)
  }
}
