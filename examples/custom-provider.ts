/** Two providers that streamgate does not bring along: one like OpenAI, and one with a format of its own. */
import express, { type Express } from 'express'
import { type StreamgateConfig, streamgate } from '../lib/index.ts'
import { openaiCompatible } from '../lib/provider.ts'
import { ollama } from './ollama.ts'

/** vLLM speaks OpenAI's format: a name and an address are all there is to tell. */
export const vllm = openaiCompatible({ name: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1' })

/** The names given here are what `provider` may say in the config, beside the built-in ones. */
export function createApp(config: StreamgateConfig<'vllm' | 'ollama'>): Express {
  return express().use('/v1', streamgate(config, { providers: { vllm, ollama } }))
}

if (process.argv[1] === import.meta.filename) {
  const { PORT = '8787' } = process.env
  const app = createApp({
    targets: [{ provider: 'vllm' }, { provider: 'ollama', override_params: { model: 'llama3.2' } }],
  })
  app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/v1`))
}
