import { chatCompletions } from './dialects/chat-completions.js'
import { messages } from './dialects/messages.js'
import { responses } from './dialects/responses.js'

/**
 * What the page's client can speak, by the names that the form has for them.
 *
 * @type {Record<string, Dialect>}
 */
export const DIALECTS = { 'chat-completions': chatCompletions, messages, responses }

/**
 * A format of requests and of streams.
 *
 * @typedef {object} Dialect
 * @property {string} name
 * @property {string} path Behind `/v1`.
 * @property {boolean} announcesRestarts Whether its streams can say that the answer starts over.
 * @property {string} terminal The end of a whole answer, as the wire has it.
 * @property {string} afterError What a well-known client does when a stream ends in an error; empty: its SDK raises it, and that is all.
 * @property {string} page Of the documentation: what its clients do.
 * @property {RegExp} news What stands out in an event.
 * @property {(asked: Asked) => object} bodyOf
 * @property {(data: string) => Piece} pieceOf What an event says, by its data.
 *
 * @typedef {{ model: string, prompt: string, task: string }} Asked `task` is `text`, `tool` or `json`.
 *
 * @typedef {object} Piece
 * @property {boolean} [content] Whether it is one with content, as the server counts them.
 * @property {string} [text]
 * @property {CallPiece[]} [calls]
 * @property {{ attempt: number, provider: string } | undefined} [restart] The answer starts over.
 * @property {string | undefined} [error]
 * @property {boolean} [end] The answer is whole.
 *
 * @typedef {{ index: number, name: string, input: string }} CallPiece More of the call `index`: of its name, and of its input.
 */
