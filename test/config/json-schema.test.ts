import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { pages, readPage, snippetsOf } from '../docs/snippets.ts'
import { refusal } from './json-schema.ts'

/** What is called `name` in a piece of code that only makes a config. */
const ENVIRONMENT = new Proxy({ process: { env: new Proxy({}, { get: () => 'from-the-environment' }) } } as object, {
  has: () => true,
  get: (known, name) => Reflect.get(known, name) ?? 'http://localhost',
})

/** The configs that stand as literals in code: `streamgate({ … })`, `config: { … }`. */
function configsIn(code: string): unknown[] {
  return Array.from(
    code.matchAll(/(?:(?:streamgate|createFetch|createApp)\(|config: )(?=\{\s*(?!config|users)\w+:)/g),
  ).map(({ index, 0: { length } }) => {
    const literal = code.slice(index + length)
    let depth = 0
    const end = Array.from(literal).findIndex((letter) => {
      depth += letter === '{' ? 1 : letter === '}' ? -1 : 0
      return depth === 0
    })
    return new Function('scope', `with (scope) return (${literal.slice(0, end + 1)})`)(ENVIRONMENT)
  })
}

const isRoute = (config: unknown) =>
  typeof config === 'object' && config !== null && ('provider' in config || 'targets' in config)

describe('the JSON Schema', () => {
  it('accepts every config of the documentation, the examples and the deployments', () => {
    const snippets = pages().flatMap(snippetsOf)
    const files = snippets.filter(({ language, info }) => language === 'json' && info === '')
    const code = [
      ...snippets.filter(({ language }) => language === 'ts' || language === 'js').map(({ text }) => text),
      ...globSync('examples/*.ts').map(readPage),
      // Providers of an application's own are known to it alone.
    ].filter((text) => !text.includes('openaiCompatible'))
    const configs = [
      ...files.map(({ text }) => JSON.parse(text)),
      ...globSync('deploy/*.json').map((file) => JSON.parse(readPage(file))),
      ...code.flatMap(configsIn).filter(isRoute),
    ]
    assert.ok(configs.length > 30, `${configs.length} configs`)
    for (const config of configs) assert.equal(refusal(config), undefined, JSON.stringify(config))
  })

  it('lets any text of a file come from the environment', () => {
    const config = {
      provider: 'bedrock',
      api_key: '$KEY',
      aws_region: '$REGION',
      custom_host: '$HOST/v1',
      name: '$NAME',
    }
    assert.equal(refusal(config), undefined)
  })

  it('may be named by the config', () => {
    assert.equal(refusal({ $schema: './gateway.schema.json', provider: 'openai' }), undefined)
    assert.notEqual(refusal({ targets: [{ $schema: './gateway.schema.json', provider: 'openai' }] }), undefined)
  })
})
