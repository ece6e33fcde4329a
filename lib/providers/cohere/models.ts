/**
 * Traits that older models lack. A model that is not known here is taken to have everything: Cohere itself then says what is
 * wrong, and a new model needs no release of ours. Source: docs.cohere.com, models page.
 */
const TEXT_ONLY = /^command($|-light|-nightly|-r($|-|7b)|-a-(03|reasoning|translate)-)/
const NO_THINKING = /^(c4ai-|command($|-light|-nightly|-r($|-|7b)|-a-(03|vision|translate)-))/

export function seesImages(model: string): boolean {
  return !TEXT_ONLY.test(model)
}

export function thinks(model: string): boolean {
  return !NO_THINKING.test(model)
}
