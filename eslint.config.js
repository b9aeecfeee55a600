import js from '@eslint/js'
import { createNodeResolver, importX } from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

/**
 * The map of the house, written once: which package may import which. Lower ones never know of higher ones, and name server,
 * broker and client know nothing of each other.
 */
const mayImport = {
  io: [],
  protocol: [],
  remoting: ['io', 'protocol'],
  store: ['io', 'protocol'],
  'store-sqlite': ['io', 'protocol', 'store', 'store/engine'],
  namesrv: ['io', 'protocol', 'remoting'],
  broker: ['io', 'protocol', 'remoting', 'store'],
  client: ['io', 'protocol', 'remoting'],
  otel: ['client'],
  'admin-cli': ['io', 'protocol', 'remoting', 'client'],
  console: ['io', 'protocol', 'remoting', 'client'],
}

/** Where the real world may be touched, and why. */
const realWorld = [
  'packages/io/src/node/**', // Node's side of the ports
  'packages/io/src/sim/scheduler.ts', // lets real promises settle between two steps of virtual time
  'packages/io/src/sim/sim-host.ts', // a simulated machine's processes are numbered after this one
  'packages/store/src/conformance/world.ts', // engines are tried in a simulated world
  'packages/client/src/default-io.ts', // the one place where a client takes the real world by itself
  'packages/admin-cli/src/cli.ts', // a process, not a library
  // A web server speaks HTTP, which is no port.
  'packages/console/src/http/**',
  'packages/console/src/start-console.ts',
]

const worldlyModules = [
  ...['fs', 'fs/promises', 'net', 'tls', 'dgram', 'dns', 'dns/promises', 'http', 'https', 'http2', 'os'],
  ...['child_process', 'cluster', 'worker_threads', 'readline', 'timers', 'timers/promises', 'perf_hooks'],
].flatMap((name) => [name, `node:${name}`])

const throughPorts = 'Time, disk, network and randomness come in by the ports of @mq/io: use the Io that is handed in.'

const forbiddenPaths = [
  ...worldlyModules.map((name) => ({ name, message: throughPorts })),
  ...['crypto', 'node:crypto'].map((name) => ({
    name,
    importNames: ['randomBytes', 'randomInt', 'randomUUID', 'randomFillSync', 'getRandomValues', 'webcrypto'],
    message: throughPorts,
  })),
]

/** `doors`: what may follow a package's name. The real world, `@mq/io/node`, is behind such a door. */
const otherPackages = (allowed, doors) => ({
  regex: allowed.length === 0 ? '^@mq/' : `^@mq/(?!(${allowed.join('|')})${doors})`,
  message: 'Imports run downwards only; the table at the head of eslint.config.js says which.',
})

/** A broker gets its store handed in: of the store's package it knows the interface and the errors. */
const enginesOfStore = {
  name: '@mq/store',
  importNames: ['createFileStore', 'createMemoryStore'],
  message: 'A broker gets its store handed in, and knows MessageStore alone.',
}

const layering = Object.entries(mayImport).map(([name, allowed]) => ({
  files: [`packages/${name}/src/**`],
  rules: {
    'no-restricted-imports': [
      'error',
      { paths: [...forbiddenPaths, enginesOfStore], patterns: [otherPackages(allowed, '$')] },
    ],
  },
}))

/** The same without the ban on modules, for the files of a package that may touch the world. */
const worldlyLayering = realWorld.map((files) => ({
  files: [files],
  rules: {
    'no-restricted-imports': ['error', { patterns: [otherPackages(mayImport[files.split('/')[1]], '(/|$)')] }],
    'no-restricted-globals': 'off',
    'no-restricted-properties': 'off',
    'no-restricted-syntax': 'off',
  },
}))

const ports = {
  files: ['packages/*/src/**'],
  rules: {
    'no-restricted-globals': [
      'error',
      ...['setTimeout', 'setInterval', 'setImmediate', 'performance', 'fetch', 'crypto', 'WebSocket'].map((name) => ({
        name,
        message: throughPorts,
      })),
    ],
    'no-restricted-properties': [
      'error',
      { object: 'Date', property: 'now', message: throughPorts },
      { object: 'Math', property: 'random', message: throughPorts },
      { object: 'process', property: 'hrtime', message: throughPorts },
      { object: 'process', property: 'nextTick', message: throughPorts },
      { object: 'process', property: 'pid', message: throughPorts },
    ],
    'no-restricted-syntax': [
      'error',
      { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: throughPorts },
    ],
  },
}

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/.turbo/**', '**/coverage/**', 'packages/console/public/**'] },
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [
        createNodeResolver({
          extensions: ['.ts', '.js'],
          extensionAlias: { '.js': ['.ts', '.js'] },
          conditionNames: ['@mq/source', 'import', 'default'],
        }),
      ],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // In the bound of a generic it is what variance asks for.
      '@typescript-eslint/no-explicit-any': 'off',
      // Names in protocols hold control characters, and looking for them is the point.
      'no-control-regex': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  ports,
  ...layering,
  ...worldlyLayering,
)
