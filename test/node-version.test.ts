import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { nodeProblem } from '../lib/node-version.ts'

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  engines: { node: string }
}

/** Whether a range of `^A.B` and `>=A.B`, one or the other, has this version. A `B` that is not there is 0. */
function isPromised(major: number, minor: number): boolean {
  return engines.node.split(' || ').some((range) => {
    const [, sign, ...numbers] = /^(\^|>=)(\d+)(?:\.(\d+))?$/.exec(range) ?? assert.fail(range)
    const [first = 0, least = 0] = numbers.map((number) => Number(number ?? 0))
    return major === first ? minor >= least : sign === '>=' && major > first
  })
}

describe('the version of Node', () => {
  for (const version of ['18.20.8', '20.20.2', '22.14.0', '23.7.0']) {
    it(`${version} is too old, which is told in one line`, () => {
      assert.equal(nodeProblem(version), `streamgate needs Node 22.15 or later, and this is Node ${version}.`)
    })
  }
  for (const version of ['22.15.0', '23.8.0', '24.0.0', '26.1.0', process.versions.node]) {
    it(`${version} is good`, () => assert.equal(nodeProblem(version), undefined))
  }

  it('is good where package.json promises it, and in lines without long support, which it does not', () => {
    for (let major = 18; major < 30; major += 1) {
      for (let minor = 0; minor < 30; minor += 1) {
        const version = `${major}.${minor}.0`
        const isGood = nodeProblem(version) === undefined
        if (major % 2 === 0 || isPromised(major, minor)) assert.equal(isGood, isPromised(major, minor), version)
        else assert.equal(isGood, major > 23 || (major === 23 && minor >= 8), version)
      }
    }
  })
})
