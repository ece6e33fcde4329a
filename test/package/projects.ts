import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

/** An empty project of a user, with this package installed from its tarball. */
export interface Project {
  folder: string
  run(command: string, ...args: string[]): Promise<Ran>
}

/** What npm says where there is no registry to ask. */
const OFFLINE =
  /ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ENOTCACHED|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|ENETUNREACH/

/** What npm tells the scripts that it runs would mislead the npm that they run. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(lifecycle|package|node|command|execpath)|npm_config_(local_)?prefix$|INIT_CWD)/i.test(name),
  ),
)

const folders: string[] = []

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'streamgate-package-'))
  folders.push(made)
  return made
}

function run(cwd: string, command: string, ...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, env: ENVIRONMENT, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    )
  })
}

/** Builds and packs this package. Answers the tarball's path. */
export async function pack(): Promise<string> {
  const target = folder()
  const { code, stdout, stderr } = await run(
    fileURLToPath(new URL('../../', import.meta.url)),
    'npm',
    ...['pack', '--json', '--pack-destination', target],
  )
  const [file] = /streamgate-[\w.-]+\.tgz/.exec(stdout) ?? []
  if (code !== 0 || file === undefined) throw new Error(`npm pack failed.\n${stdout}${stderr}`)
  return join(target, file)
}

/** Installs the tarball beside these packages. Resolves with undefined if the registry cannot be reached. */
export async function project(
  manifest: object,
  files: Readonly<Record<string, string>>,
  ...packages: string[]
): Promise<Project | undefined> {
  const root = folder()
  const all = { 'package.json': JSON.stringify({ private: true, ...manifest }), ...files }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries=1']
  const { code, stdout, stderr } = await run(root, 'npm', 'install', ...flags, ...packages)
  if (code !== 0 && OFFLINE.test(stderr)) return undefined
  if (code !== 0) throw new Error(`npm install failed.\n${stdout}${stderr}`)
  return { folder: root, run: (command, ...args) => run(root, command, ...args) }
}

export function removeAll(): void {
  for (const each of folders.splice(0)) rmSync(each, { recursive: true, force: true })
}
