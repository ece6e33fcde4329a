import assert from 'node:assert/strict'
import { nodeProblem } from '../lib/node-version.ts'

describe('the version of Node', () => {
  for (const version of ['18.20.8', '20.20.2', '22.14.0', '23.7.0']) {
    it(`${version} is too old, which is told in one line`, () => {
      assert.equal(nodeProblem(version), `streamgate needs Node 22.15 or later, and this is Node ${version}.`)
    })
  }
  for (const version of ['22.15.0', '23.8.0', '24.0.0', '26.1.0', process.versions.node]) {
    it(`${version} is good`, () => assert.equal(nodeProblem(version), undefined))
  }
})
