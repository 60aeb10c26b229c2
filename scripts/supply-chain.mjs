// Holds the npm packages against what this project takes: licences, install scripts, what the lockfile says of each.
// With --audit also asks the registry for known vulnerabilities, where it answers. Part of `npm run check` and `.ci/run`.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { root, audit: isAudited } = parseArgs({
  options: { root: { type: 'string', default: join(import.meta.dirname, '..') }, audit: { type: 'boolean' } },
}).values;

/** SPDX ids that anyone may ship under Apache-2.0. */
const taken = new Set(['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT']);
/** Besides, for what only builds and tests: it is never shipped. */
const takenForDevelopment = new Set(['MPL-2.0']);

const problems = [];
const packages = Object.entries(readJson('package-lock.json').packages)
  .filter(([path, entry]) => path.includes('node_modules/') && entry.link !== true)
  .map(([path, entry]) => ({ path, name: path.slice(path.lastIndexOf('node_modules/') + 13), ...entry }));
for (const one of packages) {
  checkLicense(one);
  checkOrigin(one);
}
checkInstallScripts();
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exit(1);
process.stdout.write(`Supply chain: ${packages.length} packages, their licences and install scripts are as wanted.\n`);
if (isAudited) audit();

function checkLicense({ path, name, version, license, dev = false }) {
  const found = declaredLicense(path) ?? license;
  const allowed = (id) => taken.has(id) || (dev && takenForDevelopment.has(id));
  if (found !== undefined && isTaken(found, allowed)) return;
  problems.push(`${name}@${version}: expected a licence out of ${[...taken].join(', ')}, found ${found ?? 'none'}`);
}

/** What the package itself says, where it is installed: others' systems have packages of their own. */
function declaredLicense(path) {
  const manifest = join(root, path, 'package.json');
  if (!existsSync(manifest)) return undefined;
  const { license } = JSON.parse(readFileSync(manifest, 'utf8'));
  return typeof license === 'object' ? license?.type : license;
}

/** SPDX expressions as they occur: ids with AND or OR, in parentheses or not. Anything else is for a human to read. */
function isTaken(expression, allowed) {
  const bare = expression.replace(/^\((.*)\)$/, '$1');
  if (/[()]| WITH /.test(bare)) return false;
  return bare.split(' OR ').some((choice) => choice.split(' AND ').every((id) => allowed(id.trim())));
}

/** From the registry, and the very bytes that were there when the lockfile was written. Optional ones may be for other systems. */
function checkOrigin({ path, name, version, resolved, integrity, optional = false }) {
  if (resolved !== undefined) {
    problems.push(`${name}: expected no address in the lockfile (.npmrc), found ${JSON.stringify(resolved)}`);
  }
  const isInstalled = existsSync(join(root, path));
  if (integrity === undefined && (isInstalled || !optional)) {
    problems.push(`${name}@${version}: expected a checksum in the lockfile, found none`);
  }
}

/** A package that runs a program while it is installed is listed in install-scripts.json, name and reason, or refused. */
function checkInstallScripts() {
  const reasons = readJson('scripts/install-scripts.json');
  const running = new Set(packages.filter((one) => one.hasInstallScript === true).map(({ name }) => name));
  for (const name of running) {
    if (typeof reasons[name] !== 'string') {
      problems.push(`${name} runs a program while it is installed: give the reason in scripts/install-scripts.json`);
    }
  }
  for (const name of Object.keys(reasons)) {
    if (!running.has(name)) problems.push(`scripts/install-scripts.json lists ${name}, which runs nothing: remove it`);
  }
}

/** Vulnerabilities in what is shipped fail; a registry that does not answer is said and nothing more: builds work offline. */
function audit() {
  const npm = process.env.npm_execpath;
  const [program, ...rest] = npm ? [process.execPath, npm] : ['npm'];
  const query = [...rest, 'audit', '--json', '--omit=dev', '--audit-level=moderate'];
  const { stdout } = spawnSync(program, query, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const report = parsed(stdout);
  const counts = report?.metadata?.vulnerabilities;
  if (counts === undefined) {
    process.stderr.write(
      `Supply chain: not audited, the npm registry gave no answer (${report?.message ?? 'none at all'}).\n`,
    );
    return;
  }
  const found = Object.values(report.vulnerabilities ?? {}).filter(
    ({ severity }) => !['info', 'low'].includes(severity),
  );
  if (found.length === 0) {
    process.stdout.write('Supply chain: no known vulnerability.\n');
    return;
  }
  for (const { name, severity, range } of found) process.stderr.write(`${name} ${range}: ${severity}, see npm audit\n`);
  process.exit(1);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}
