// Makes one tarball a service, complete with Node and production dependencies: to install is to unpack.
// Run by `npm run package`, which builds first.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { billOfMaterials } from './sbom.mjs';

const root = join(import.meta.dirname, '..');
const services = { 'clusterlog-agent': 'node-agent', 'clusterlog-gateway': 'gateway' };

const { output } = parseArgs({ options: { output: { type: 'string', default: join(root, 'dist') } } }).values;
const directory = resolve(output);
const draft = mkdtempSync(join(tmpdir(), 'clusterlog-package-'));
try {
  mkdirSync(directory, { recursive: true });
  for (const [name, workspace] of Object.entries(services)) {
    const { version } = readManifest(join(root, 'packages', workspace));
    const title = `${name}-${version}-${process.platform}-${process.arch}`;
    lay(join(draft, title), name, workspace);
    pack(title);
  }
} finally {
  rmSync(draft, { recursive: true, force: true });
}

/** Lays a service out: bin/ (start script, Node), lib/node_modules/, share/ (units, licences, what it is made of). */
function lay(target, name, workspace) {
  for (const part of ['bin', 'share']) mkdirSync(join(target, part), { recursive: true });
  // tar puts the file in its place: 120 MB need no copy.
  symlinkSync(process.execPath, join(target, 'bin', 'node'));
  const start = join(target, 'bin', name);
  writeFileSync(start, startScript(workspace));
  chmodSync(start, 0o755);
  const packages = packagesOf(join(root, 'packages', workspace));
  for (const from of packages) {
    cpSync(from, join(target, 'lib', placeOf(from)), { recursive: true, filter: (path) => isNeeded(from, path) });
  }
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  const nodeLicense = join(dirname(process.execPath), '..', 'LICENSE');
  if (existsSync(nodeLicense)) cpSync(nodeLicense, join(target, 'share', 'LICENSE.node'));
  const sbom = billOfMaterials(name, workspace, packages, Number(commitTime()));
  writeFileSync(join(target, 'share', 'sbom.cdx.json'), `${JSON.stringify(sbom, null, 2)}\n`);
  const other = name === 'clusterlog-agent' ? /gateway/ : /agent|dcos/;
  const units = join(root, 'deploy', 'systemd');
  cpSync(units, join(target, 'share', 'systemd'), {
    recursive: true,
    filter: (path) => !other.test(relative(units, path)),
  });
}

/** It needs no program but the shell: where PATH is empty, it starts all the same. */
function startScript(workspace) {
  return `#!/bin/sh
self=$0
if [ -L "$self" ]; then self=$(PATH=/usr/bin:/bin readlink -f -- "$self") || exit; fi
here=\${self%/*}/..
exec "$here/bin/node" "$here/lib/node_modules/@clusterlog/${workspace}/dist/main.js" "$@"
`;
}

/** The directories of a package and of everything it needs at run time, found as Node finds them. */
function packagesOf(start) {
  const found = new Set();
  const visit = (directory) => {
    if (found.has(directory)) return;
    found.add(directory);
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = readManifest(directory);
    const optional = (name) => name in { ...optionalDependencies } || peerDependenciesMeta?.[name]?.optional === true;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const place = find(name, directory);
      if (place !== undefined) visit(place);
      else if (!optional(name)) throw new Error(`${directory} needs ${name}, which is not installed: run npm ci`);
    }
  };
  visit(start);
  return [...found].sort();
}

function find(name, from) {
  for (let at = from; at.startsWith(root); at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(candidate)) return name.startsWith('@clusterlog/') ? workspaceOf(name) : candidate;
  }
  return undefined;
}

function workspaceOf(name) {
  return join(root, 'packages', name.slice('@clusterlog/'.length));
}

/** Workspaces stand beside the other packages; each package keeps its place. */
function placeOf(from) {
  const path = relative(root, from);
  const workspace = /^packages\/([^/]+)(.*)$/.exec(path);
  return workspace === null ? path : `node_modules/@clusterlog/${workspace[1]}${workspace[2]}`;
}

/** Of a workspace what was built, of others all but types and source maps; packages inside a package are listed by themselves. */
function isNeeded(from, path) {
  const inside = relative(from, path);
  if (/(^|\/)node_modules$/.test(inside) || /\.d\.[cm]?ts$|\.map$|\.tsbuildinfo$/.test(inside)) return false;
  const ours = relative(root, from).startsWith('packages/');
  return !ours || inside === '' || inside === 'package.json' || inside === 'dist' || inside.startsWith('dist/');
}

function readManifest(directory) {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
}

/** Same content, same bytes: entries sorted, owned by root, dated as the last commit. */
function pack(title) {
  const file = join(directory, `${title}.tar.gz`);
  // Node is most of it, and what gzip saves beyond -3 is 5 % for twice the time.
  const form = ['--create', '--dereference', '--use-compress-program=gzip -n -3', '--file', file];
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
  execFileSync('tar', [...form, ...same, `--mtime=@${commitTime()}`, '-C', draft, title]);
  rmSync(join(draft, title), { recursive: true });
  process.stdout.write(`${file}\n`);
}

function commitTime() {
  const { SOURCE_DATE_EPOCH } = process.env;
  if (SOURCE_DATE_EPOCH) return SOURCE_DATE_EPOCH;
  const { stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return stdout?.trim() || '0';
}
