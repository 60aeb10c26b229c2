import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { choosePorts } from '../dev-cluster/ports.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

describe('npm run package', () => {
  let directory: string;
  let tarballs: string[];
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'clusterlog-package-'));
    await run(process.execPath, ['scripts/run.mjs', 'package', '--output', join(directory, 'out')], { cwd: root });
    tarballs = readdirSync(join(directory, 'out')).sort();
  }, 240_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** Unpacks a service's tarball as docs/install.md says. */
  async function unpack(service: string): Promise<string> {
    const place = join(directory, service);
    mkdirSync(place);
    const tarball = tarballs.find((name) => name.startsWith(service)) ?? '';
    await run('tar', ['-xzf', join(directory, 'out', tarball), '-C', place, '--strip-components=1']);
    return place;
  }

  /** Runs a service in an empty folder with an empty environment until `path` is answered, and returns the answer. */
  async function ask(program: string, flags: readonly string[], port: number, path: string): Promise<string> {
    const child: ChildProcess = spawn(program, ['--listen', `127.0.0.1:${port}`, '--metrics-listen', 'off', ...flags], {
      cwd: mkdtempSync(join(directory, 'empty-')),
      env: { PATH: '' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = once(child, 'exit');
    try {
      const answered = vi.waitFor(async () => (await fetch(`http://127.0.0.1:${port}${path}`)).text(), {
        timeout: 20_000,
        interval: 50,
      });
      const failed = ended.then(([code]) => Promise.reject(new Error(`${program} exited with ${code}`)));
      return await Promise.race([answered, failed]);
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  }

  it('makes one tarball a service, for this system', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const system = `${version}-${process.platform}-${process.arch}.tar.gz`;
    expect(tarballs).toEqual([`clusterlog-agent-${system}`, `clusterlog-gateway-${system}`]);
  });

  it('the agent runs from its tarball with nothing else on the machine', async () => {
    const place = await unpack('clusterlog-agent');
    const [port = 0] = await choosePorts([0]);
    const journal = mkdtempSync(join(directory, 'journal-'));
    const program = join(place, 'bin', 'clusterlog-agent');
    const flags = ['--insecure-open', '--journal', journal];
    expect(await ask(program, flags, port, '/health/live')).toBe('{"status":"live"}');
    // Nor is the checkout it was made from needed.
    const { stdout } = await run('grep', ['-rlF', root, place]).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  });

  it('the gateway does, too, and prints tokens; the start script may be linked to', async () => {
    const place = await unpack('clusterlog-gateway');
    const [port = 0] = await choosePorts([0]);
    const secret = join(directory, 'secret');
    writeFileSync(secret, 'x'.repeat(32));
    const program = join(place, 'bin', 'clusterlog-gateway');
    const signingKey = join(directory, 'signing-key.json');
    const flags = [
      '--auth-secret-file',
      secret,
      '--signing-key-file',
      signingKey,
      '--local-agent',
      'http://127.0.0.1:1',
    ];
    expect(await ask(program, flags, port, '/health/live')).toBe('{"status":"live"}');
    expect(await ask(program, flags, port, '/logs/')).toContain('<div id="viewer">');
    const link = join(directory, 'linked');
    await run('ln', ['-s', program, link]);
    const { stdout } = await run(link, ['token', '--uid', 'alice', '--ttl', '1h', '--auth-secret-file', secret]);
    expect(stdout).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  it.each(['clusterlog-agent', 'clusterlog-gateway'])('says what %s is made of, Node included', (service) => {
    const place = join(directory, service);
    const { metadata, components } = JSON.parse(readFileSync(join(place, 'share', 'sbom.cdx.json'), 'utf8')) as {
      metadata: { component: { name: string } };
      components: { 'bom-ref': string; hashes?: unknown[]; licenses?: unknown[] }[];
    };
    expect(metadata.component.name).toBe(service);
    const refs = components.map((component) => component['bom-ref']);
    expect(refs).toContain(`node@${process.versions.node}`);
    const modules = readdirSync(join(place, 'lib', 'node_modules')).filter((name) => !name.startsWith('@'));
    for (const name of modules) {
      const { version } = JSON.parse(readFileSync(join(place, 'lib', 'node_modules', name, 'package.json'), 'utf8'));
      expect(refs).toContain(`${name}@${version}`);
    }
    expect(components.every(({ licenses = [] }) => licenses.length > 0)).toBe(true);
    expect(refs.filter((ref) => /^(typescript|vitest|@biomejs)/.test(ref))).toEqual([]);
  });

  it('carries production dependencies only, with the units that start it', () => {
    const place = join(directory, 'clusterlog-agent');
    const modules = readdirSync(join(place, 'lib', 'node_modules'));
    expect(modules).toContain('fastify');
    for (const unwanted of ['typescript', 'vitest', '@biomejs', '@types']) expect(modules).not.toContain(unwanted);
    expect(readdirSync(join(place, 'lib', 'node_modules', '@clusterlog')).sort()).toEqual(['node-agent', 'shared']);
    expect(readdirSync(join(place, 'share', 'systemd')).sort()).toEqual([
      'agent.env',
      'clusterlog-agent.service',
      'clusterlog-agent.socket',
      'dcos',
      'sysusers.d',
    ]);
    const unit = readFileSync(join(place, 'share', 'systemd', 'clusterlog-agent.service'), 'utf8');
    expect(unit).toContain('ExecStart=/opt/clusterlog-agent/bin/clusterlog-agent\n');
  });
});
