// What a tarball is made of, as CycloneDX: npm's own account of a workspace, cut down to what is shipped, and Node.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/**
 * @param service its name and manifest: what the tarball is
 * @param packages directories of all packages that are shipped
 * @param time of the commit, in seconds since 1970: the same commit gives the same bytes
 */
export function billOfMaterials(service, workspace, packages, time) {
  const told = askNpm(workspace);
  const manifests = packages.map((directory) => JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')));
  const shipped = new Set(manifests.map(({ name, version }) => `${name}@${version}`));
  const components = told.components.filter((component) => shipped.delete(component['bom-ref']));
  if (shipped.size > 0) throw new Error(`npm sbom does not know ${[...shipped].join(', ')}: run npm ci`);
  const refs = new Set(components.map((component) => component['bom-ref']));
  const { version } = JSON.parse(readFileSync(join(root, 'packages', workspace, 'package.json'), 'utf8'));
  const node = {
    'bom-ref': `node@${process.versions.node}`,
    type: 'application',
    name: 'node',
    version: process.versions.node,
    scope: 'required',
    purl: `pkg:generic/node@${process.versions.node}`,
    licenses: [{ license: { id: 'MIT' } }],
  };
  return {
    $schema: told.$schema,
    bomFormat: told.bomFormat,
    specVersion: told.specVersion,
    version: 1,
    metadata: {
      timestamp: new Date(time * 1000).toISOString(),
      component: { 'bom-ref': service, type: 'application', name: service, version },
    },
    components: [node, ...components],
    dependencies: [
      { ref: service, dependsOn: [`@clusterlog/${workspace}@${version}`, node['bom-ref']] },
      ...told.dependencies
        .filter(({ ref }) => refs.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) })),
    ],
  };
}

function askNpm(workspace) {
  const npm = process.env.npm_execpath;
  const [program, ...rest] = npm ? [process.execPath, npm] : ['npm'];
  const query = ['sbom', '--sbom-format=cyclonedx', `--workspace=@clusterlog/${workspace}`];
  const { status, stdout, stderr, error } = spawnSync(program, [...rest, ...query], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`npm sbom failed: ${error?.message ?? stderr}`);
  return JSON.parse(stdout);
}
