import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Milliseconds; a client's own retries take seconds, or as long as `retry-after` says: five times 35 s for Codex behind Gemini. */
export const PATIENCE = 240_000

/** Runs a program to its end. Resolves with what it printed; rejects if it cannot be run, or took too long and was killed. */
export function printed(
  bin: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(bin, args, {
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (child.killed) reject(new Error(`${bin} did not end within ${PATIENCE / 1000} s`))
      else resolve({ code, stdout, stderr })
    })
  })
}

/** Installs a program of an npm package where it is not yet. Resolves with its path. */
export async function fromNpm(name: string, version: string, bin: string): Promise<string> {
  const dir = join(tmpdir(), `streamgate-clients-${bin}-${version}`)
  const path = join(dir, 'node_modules', '.bin', bin)
  if (existsSync(path)) return path
  await done('npm', ['install', '--prefix', dir, '--no-save', '--no-audit', '--no-fund', `${name}@${version}`])
  return path
}

/** Installs packages of PyPI where they are not yet, in an environment of their own. Resolves with the path of its Python. */
export async function fromPyPI(...requirements: readonly string[]): Promise<string> {
  const dir = join(tmpdir(), `streamgate-clients-${requirements.join('-').replaceAll(/[^\w.-]+/g, '-')}`)
  const python = join(dir, 'bin', 'python')
  const whole = join(dir, 'installed')
  if (existsSync(whole)) return python
  await done('python3', ['-m', 'venv', '--clear', dir])
  await done(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements])
  writeFileSync(whole, '')
  return python
}

/** Rejects with the last line that it printed if it does not end well. */
async function done(bin: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await printed(bin, args)
  if (code !== 0) throw new Error(stderr.trim().split('\n').at(-1))
}
