import { chatCompletions } from '../../dialects/chat-completions.ts'
import { RequestError } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { PieceOperation } from '../one-piece/operation.ts'
import { readAnswer } from './answer.ts'
import { embeddingModel } from './model.ts'
import { readEmbeddings } from './request.ts'

/** `POST /embeddings`. Errors, and all that a request's attempts ask of a dialect, are those of OpenAI's chat API. */
export const embeddings: PieceOperation = {
  name: 'embeddings',
  dialect: { ...chatCompletions, name: 'embeddings', path: '/embeddings' },
  read(value) {
    const body = readEmbeddings(value)
    // A chat's metadata are checked.
    const { metadata: _, ...others } = body
    const request: ChatRequest = Object.freeze({ ...others, messages: [] })
    return {
      request,
      modelOf: embeddingModel,
      question({ provider }, model) {
        if (provider.embeddings === undefined) {
          const message = `${provider.name} has no embeddings in OpenAI's form.`
          throw new RequestError(message, { param: 'model', code: 'unsupported_value' })
        }
        const outgoing = Object.freeze({ ...body, model })
        const encode = provider.embeddings.bind(provider, outgoing)
        return {
          encode,
          read(text) {
            const answer = readAnswer(text, outgoing)
            return {
              body: JSON.stringify(answer),
              usage: { ...answer.usage, completion_tokens: 0 },
              response: { id: '', model: answer.model, finishReasons: [] },
            }
          },
        }
      },
    }
  },
}
