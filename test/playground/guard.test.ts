import assert from 'node:assert/strict'
import { isLoopback, refusedBecause } from '../../lib/cli/playground/guard.ts'

describe('who may use the playground', () => {
  for (const [host, headers] of [
    ['127.0.0.1', { host: '127.0.0.1:8787' }],
    ['127.0.0.1', { host: 'localhost:8787' }],
    ['127.0.0.1', { host: 'LOCALHOST' }],
    ['127.0.0.1', { host: '[::1]:8787' }],
    ['::1', { host: '[::1]:8787' }],
    ['Gateway.lan', { host: 'gateway.lan:8787' }],
    ['0.0.0.0', { host: '192.168.1.7:8787' }],
    ['::', { host: '[fd00::7]:8787' }],
    ['127.0.0.1', { host: 'localhost:8787', origin: 'http://localhost:8787', 'sec-fetch-site': 'same-origin' }],
    ['127.0.0.1', { host: 'localhost:8787', 'sec-fetch-site': 'none' }],
    ['127.0.0.1', { host: 'localhost:8787', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
  ] as const) {
    it(`serves ${JSON.stringify(headers)} on ${host}`, () => {
      assert.equal(refusedBecause(headers, host), undefined)
    })
  }

  for (const [host, headers] of [
    ['127.0.0.1', {}],
    ['127.0.0.1', { host: '' }],
    ['127.0.0.1', { host: 'evil.example:8787' }],
    ['127.0.0.1', { host: 'localhost.evil.example' }],
    ['127.0.0.1', { host: '127.0.0.1.evil.example' }],
    ['127.0.0.1', { host: 'localhost@evil.example' }],
    ['127.0.0.1', { host: 'evil.example/localhost' }],
    ['127.0.0.1', { host: '192.168.1.7:8787' }],
    ['gateway.lan', { host: 'evil.example' }],
    ['0.0.0.0', { host: 'evil.example' }],
    ['127.0.0.1', { host: 'localhost:8787', origin: 'https://evil.example' }],
    ['127.0.0.1', { host: 'localhost:8787', origin: 'http://localhost:9999' }],
    ['127.0.0.1', { host: 'localhost:8787', origin: 'null' }],
    ['127.0.0.1', { host: 'localhost:8787', 'sec-fetch-site': 'cross-site' }],
    ['127.0.0.1', { host: 'localhost:8787', 'sec-fetch-site': 'same-site' }],
    ['127.0.0.1', { host: 'localhost:8787', origin: 'https://evil.example', 'sec-fetch-mode': 'navigate' }],
  ] as const) {
    it(`refuses ${JSON.stringify(headers)} on ${host}`, () => {
      assert.match(refusedBecause(headers, host) ?? '', /^The playground /)
    })
  }

  it('is there unasked on addresses that only this machine reaches', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1']) assert.equal(isLoopback(host), true, host)
    for (const host of ['0.0.0.0', '::', '127.evil.example', '10.0.0.1']) assert.equal(isLoopback(host), false, host)
  })
})
