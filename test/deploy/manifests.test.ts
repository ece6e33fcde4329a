import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fillIn } from '../../lib/cli/config-file.ts'
import { parseConfig } from '../../lib/config.ts'

/** mocha brings one along. */
const yaml: { loadAll(text: string): unknown[] } = createRequire(createRequire(import.meta.url).resolve('mocha'))(
  'js-yaml',
)

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const json = (path: string) => JSON.parse(read(path))

/** What stands at a path of a value that came from YAML. */
function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((rest, key) => (rest as Record<string | number, unknown> | undefined)?.[key], value)
}

/** The names of the environment that a config asks for. */
function variables(config: string): string[] {
  return [...config.matchAll(/\$(\w+)/g)].map(([, name = '']) => name)
}

/** What an image does not need: the offline mode, and what is for those who ask for it. */
const OPTIONAL = new Set(['@copilotkit/aimock', '@aws-sdk/credential-provider-node'])

/** The packages that the sources in a folder import at run time. */
function imported(folder: string): string[] {
  const files = readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
  const names = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...read(folder + file).matchAll(
        /^(?:import (?!type )[^']*?from |.*await import\()'((?:@[\w-]+\/)?[\w-]+)[^']*'/gm,
      ),
    ])
    .map(([, name = '']) => name)
  return [...new Set(names)].filter((name) => name !== 'node')
}

describe('the files to run it with', () => {
  const dockerfile = read('Dockerfile')
  const config = read('deploy/gateway.json')

  it('have a config that is one', () => {
    const environment = Object.fromEntries(variables(config).map((name) => [name, 'a-key']))
    parseConfig(fillIn(JSON.parse(config), environment), {})
  })

  describe('Dockerfile', () => {
    it('copies what is there and not ignored', () => {
      const ignored = read('.dockerignore').split('\n')
      const sources = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, list = '']) => list.split(' '))
      assert.ok(sources.length > 3)
      for (const source of sources) {
        assert.ok(existsSync(new URL(source, root)), source)
        assert.ok(ignored.includes(`!${source}`), `.dockerignore keeps ${source} out`)
      }
    })

    it('starts the program itself, as a user without rights', () => {
      const [, program = ''] = /^ENTRYPOINT \["node", "dist\/([\w/]+)\.js"/m.exec(dockerfile) ?? []
      assert.ok(existsSync(new URL(`lib/${program}.ts`, root)), program)
      assert.ok(dockerfile.indexOf('USER node') > dockerfile.lastIndexOf('FROM'))
    })

    it('brings all packages that the program needs, and no other', () => {
      const { dependencies, devDependencies } = json('package.json')
      const [, extras = ''] = /^ARG EXTRAS="(.*)"$/m.exec(dockerfile) ?? []
      const needed = imported('lib/').filter((name) => dependencies[name] === undefined && !OPTIONAL.has(name))
      assert.deepEqual(extras.split(' ').sort(), needed.sort())
      for (const name of needed) assert.ok(devDependencies[name], `${name} has no version`)
    })
  })

  describe('compose.yaml', () => {
    const [compose] = yaml.loadAll(read('deploy/compose.yaml'))
    const services = at(compose, 'services') as Record<string, unknown>

    it('has the processes that nginx.conf leads to', () => {
      const servers = [...read('deploy/nginx.conf').matchAll(/^ +server ([\w-]+):8787;$/gm)].map(([, name]) => name)
      assert.deepEqual(
        servers,
        Object.keys(services).filter((name) => name.startsWith('streamgate')),
      )
      assert.deepEqual(Object.keys(at(services, 'nginx', 'depends_on') as object), servers)
    })

    it('gives them the config at its place, its keys, and Redis', () => {
      const [, place = ''] = /^CMD \["--config", "(.+)"\]$/m.exec(dockerfile) ?? []
      const service = services['streamgate-1']
      assert.deepEqual(at(service, 'volumes'), [`./gateway.json:${place}:ro`])
      const environment = Object.keys(at(service, 'environment') as object)
      assert.deepEqual(environment.sort(), [...variables(config), 'REDIS_URL'].sort())
      assert.ok(services.redis !== undefined)
    })

    it('is reachable from this machine only', () => {
      const ports = Object.values(services).flatMap((service) => (at(service, 'ports') ?? []) as string[])
      assert.deepEqual(ports, ['127.0.0.1:8080:8080'])
    })
  })

  describe('kubernetes.yaml', () => {
    const objects = new Map(yaml.loadAll(read('deploy/kubernetes.yaml')).map((each) => [at(each, 'kind'), each]))
    const deployment = objects.get('Deployment')
    const pod = at(deployment, 'spec', 'template', 'spec')
    const container = at(pod, 'containers', 0)

    it('has the same config, and its keys', () => {
      const text = String(at(objects.get('ConfigMap'), 'data', 'gateway.json'))
      assert.deepEqual(JSON.parse(text), JSON.parse(config))
      assert.deepEqual(Object.keys(at(objects.get('Secret'), 'stringData') as object), variables(config))
    })

    it('selects the pods that it makes', () => {
      const labels = at(deployment, 'spec', 'template', 'metadata', 'labels')
      assert.deepEqual(at(deployment, 'spec', 'selector', 'matchLabels'), labels)
      assert.deepEqual(at(objects.get('Service'), 'spec', 'selector'), labels)
      assert.deepEqual(at(objects.get('PodDisruptionBudget'), 'spec', 'selector', 'matchLabels'), labels)
      assert.equal(
        at(objects.get('HorizontalPodAutoscaler'), 'spec', 'scaleTargetRef', 'name'),
        at(deployment, 'metadata', 'name'),
      )
    })

    it('asks for its health where it is told', () => {
      for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
        assert.deepEqual(at(container, probe, 'httpGet'), { path: '/healthz', port: 'http' })
      }
      assert.deepEqual(at(container, 'ports'), [{ name: 'http', containerPort: 8787 }])
    })

    it('gives running answers their time to end', () => {
      const sources = readdirSync(new URL('lib/cli/', root)).filter((file) => file.endsWith('.ts'))
      const text = sources.map((file) => read(`lib/cli/${file}`)).join('')
      const [, grace = ''] = /const GRACE_MS = (\d+)_000/.exec(text) ?? []
      const [, wait] = at(container, 'lifecycle', 'preStop', 'exec', 'command') as string[]
      assert.ok(Number(at(pod, 'terminationGracePeriodSeconds')) >= Number(grace) + Number(wait))
    })

    it('gives it no more rights than it needs', () => {
      assert.equal(at(pod, 'securityContext', 'runAsNonRoot'), true)
      assert.deepEqual(at(container, 'securityContext'), {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    })
  })
})
