// Runs one of the project's commands after the set-up it needs, so that each works on a fresh clone.
// Plain JavaScript for Node 20: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const binaries = join(root, 'node_modules', '.bin');
const lockStamp = join(root, 'node_modules', '.installed-lock');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const pinned = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
if (pinned ? major < 20 : major < 22 || (major === 22 && minor < 20)) {
  fail(`Node ${process.versions.node} is too old: install Node ${pinned ? '20' : '22.20'} or newer.`);
}

const commands = {
  build: (args) => {
    tool('tsc', '--build', ...args);
    buildViewer();
  },
  check: (args) => {
    tool('biome', 'check', ...(process.env.CI ? ['--error-on-warnings'] : []), ...args);
    tool('tsc', '--build');
    tool('node', 'scripts/supply-chain.mjs');
  },
  test: (args) => {
    installDebianPackages();
    buildViewer();
    tool('vitest', 'run', ...args);
  },
  demo: (args) => {
    step('Building', buildServices);
    tool('node', 'test/dev-cluster/demo.ts', ...args);
  },
  screenshots: (args) => {
    installDebianPackages();
    buildViewer();
    tool('node', '--conditions=source', 'test/browser/screenshots.ts', ...args);
  },
  package: (args) => {
    if (!pinned) fail('Packages carry Node for Linux on x64 or arm64: run this there.');
    step('Building', buildServices);
    step('Packing', () => tool('node', 'scripts/package.mjs', ...args));
  },
  bench: ([name, ...args]) => {
    if (name === undefined || !existsSync(join(root, 'bench', `${name}.ts`))) {
      fail('Say which: npm run bench <name>, where bench/<name>.ts is there.');
    }
    installDebianPackages();
    tool('tsc', '--build', 'packages/node-agent', 'packages/gateway');
    tool('node', `bench/${name}.ts`, ...args);
  },
  soak: ([name, ...args]) => {
    const program = ['fuzz', 'soak']
      .map((directory) => join('test', directory, `${name}.ts`))
      .find((path) => existsSync(join(root, path)));
    if (name === undefined || program === undefined) {
      fail('Say which: npm run soak <name>, where test/soak/<name>.ts or test/fuzz/<name>.ts is there.');
    }
    installDebianPackages();
    // Not from source: libraries that bring theirs, too, would be taken from it, which Node.js refuses.
    buildServices();
    tool('node', program, ...args);
  },
  chaos: (args) => {
    installDebianPackages();
    tool('tsc', '--build', 'packages/node-agent', 'packages/gateway');
    tool('node', 'test/chaos/chaos.ts', ...args);
  },
};

const [command, ...args] = process.argv.slice(2);
if (!(command in commands)) fail(`Expected one of ${Object.keys(commands).join(', ')}, found ${command ?? 'nothing'}.`);
installPackages();
commands[command](args);

function buildServices() {
  tool('tsc', '--build', 'packages/node-agent', 'packages/gateway');
  buildViewer();
}

/** The page that the gateway serves. */
function buildViewer() {
  tool('node', 'packages/viewer/build/build-viewer.ts');
}

/** npm packages exactly as the lockfile says, installed only when it has changed. */
function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(lockStamp) && readFileSync(lockStamp, 'utf8') === lock) return;
  step('Installing npm packages', () => {
    const npm = process.env.npm_execpath;
    const install = ['ci', '--loglevel=error', '--no-audit', '--no-fund'];
    run(
      npm ? process.execPath : 'npm',
      npm ? [npm, ...install] : install,
      'npm ci failed: is the npm registry reachable?',
    );
    writeFileSync(lockStamp, lock);
  });
}

/** What the tests run against for real: journald, journalctl and their kin, through apt where that is permitted. */
function installDebianPackages() {
  const list = JSON.parse(readFileSync(join(root, 'test', 'fixtures', 'debian-packages.json'), 'utf8'));
  const missing = list.map(({ name }) => name).filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const isRoot = process.getuid?.() === 0;
  const prefix = isRoot ? [] : ['sudo', '-n'];
  const permitted = existsSync('/usr/bin/apt-get') && (isRoot || spawnSync('sudo', ['-n', 'true']).status === 0);
  if (!permitted) {
    const advice = `These Debian packages are missing and may not be installed from here: ${missing.join(' ')}.`;
    if (process.env.CI) fail(advice);
    process.stderr.write(`${advice} Tests that need them will say so.\n`);
    return;
  }
  step(`Installing Debian packages: ${missing.join(' ')}`, () => {
    const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq'];
    quietly([...prefix, ...environment, 'update']);
    quietly([...prefix, ...environment, 'install', '--yes', '--no-install-recommends', ...missing]);
  });
}

function isInstalled(name) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholder
  const format = '${db:Status-Abbrev}';
  const { stdout } = spawnSync('dpkg-query', ['--show', `--showformat=${format}`, name], { encoding: 'utf8' });
  return stdout?.startsWith('ii') ?? false;
}

function quietly([program, ...rest]) {
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8' });
  if (status !== 0) fail(`${rest.slice(-1)}: ${program} failed\n${stdout}${stderr}`);
}

/** Runs one of the installed tools on the pinned Node, which stands first on the PATH. */
function tool(name, ...rest) {
  const program = name === 'node' && !existsSync(join(binaries, 'node')) ? process.execPath : join(binaries, name);
  run(program, rest);
}

function run(program, rest, advice) {
  const { status, signal, error } = spawnSync(program, rest, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH}` },
  });
  if (error) fail(`${program}: ${error.message}`);
  if (signal === 'SIGINT') process.exit(130);
  if (status !== 0) {
    if (advice) process.stderr.write(`${advice}\n`);
    process.exit(status ?? 1);
  }
}

/** Says what is being done at once, and how long it took. */
function step(title, work) {
  const started = performance.now();
  process.stdout.write(`${title} …\n`);
  work();
  process.stdout.write(`${title}: done in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
