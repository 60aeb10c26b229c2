import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gatewayOptions } from '@clusterlog/gateway';
import { agentOptions } from '@clusterlog/node-agent';
import { loadConfiguration } from '@clusterlog/shared/server';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NodeJournal } from '../dev-cluster/node-journal.ts';
import { choosePorts } from '../dev-cluster/ports.ts';
import { commandOf } from '../dev-cluster/service-process.ts';
import { cannotRun, whyNoSystemdPrograms } from '../fixtures/requirements.ts';

const run = promisify(execFile);
const shipped = fileURLToPath(new URL('../../deploy/systemd/', import.meta.url));
const read = (name: string) => readFileSync(join(shipped, name), 'utf8');
const services = [
  { name: 'clusterlog-agent', environment: 'agent.env', options: agentOptions },
  { name: 'clusterlog-gateway', environment: 'gateway.env', options: gatewayOptions },
];

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'clusterlog-units-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.skipIf(cannotRun(whyNoSystemdPrograms()))('the units', () => {
  /** A root with systemd's own units and the services unpacked where the units want them. */
  function installedRoot(name: string): string {
    const root = join(directory, name);
    const units = join(root, 'etc/systemd/system');
    cpSync('/lib/systemd/system', join(root, 'usr/lib/systemd/system'), { recursive: true, verbatimSymlinks: true });
    for (const one of readdirSync(shipped).filter((file) => /\.(service|socket)$/.test(file))) {
      cpSync(join(shipped, one), join(units, one));
    }
    for (const { name: service } of services) {
      const program = join(root, 'opt', service, 'bin', service);
      mkdirSync(dirname(program), { recursive: true });
      writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    }
    return root;
  }

  const verify = (root: string, ...units: string[]) => run('systemd-analyze', [`--root=${root}`, 'verify', ...units]);
  const all = ['clusterlog-agent.socket', 'clusterlog-agent.service', 'clusterlog-gateway.service'];

  it('are accepted by systemd-analyze verify, without a warning', async () => {
    expect(await verify(installedRoot('plain'), ...all)).toEqual({ stdout: '', stderr: '' });
  });

  it('are accepted with the drop-in for DC/OS, which moves the socket to dcos-log’s', async () => {
    const root = installedRoot('dcos');
    cpSync(join(shipped, 'dcos'), join(root, 'etc/systemd/system'), { recursive: true });
    expect(await verify(root, ...all)).toEqual({ stdout: '', stderr: '' });
    const { stdout } = await run('systemd-analyze', [
      `--root=${root}`,
      'cat-config',
      'systemd/system/clusterlog-agent.socket',
    ]);
    expect(stdout.match(/^ListenStream=.*$/gm)).toEqual([
      'ListenStream=61001',
      'ListenStream=',
      'ListenStream=/run/dcos/dcos-log.sock',
    ]);
  });

  it.each(services)('$name runs without privileges, on a file system it cannot write to', ({ name }) => {
    const unit = read(`${name}.service`);
    for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'CapabilityBoundingSet=', `User=${name}`]) {
      expect(unit.split('\n')).toContain(line);
    }
    expect(read(`sysusers.d/${name}.conf`)).toMatch(new RegExp(`^u ${name} `, 'm'));
  });

  it.each(services)('$name’s environment file holds options that it knows', ({ environment, options }) => {
    const lines = read(environment).match(/^(?:# )?CLUSTERLOG_\w+=.*$/gm) ?? [];
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      const [name = '', value = ''] = line.replace('# ', '').split(/=(.*)/s);
      const configuration = loadConfiguration(options, {}, { [name]: value });
      const given = Object.values(configuration).flat();
      expect([name, given.includes(value)]).toEqual([name, true]);
    }
  });
});

describe.skipIf(cannotRun(whyNoSystemdPrograms()))('an agent on a socket passed by systemd', () => {
  const children: ChildProcess[] = [];
  let journalDirectory: string;
  beforeAll(() => {
    journalDirectory = join(directory, 'journal');
    mkdirSync(journalDirectory);
    const journal = new NodeJournal({ directory: journalDirectory, hostname: 'node-1' });
    journal.service('ssh.service', 'sshd', 'read from an inherited socket', 'syslog');
    journal.close();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
  });

  /** systemd-socket-activate listens; the agent is started by the first connection, in the same process. */
  async function activate(address: string): Promise<ChildProcess> {
    const flags = ['--insecure-open', '--journal', journalDirectory, '--metrics-listen', 'off'];
    const child = spawn(
      'systemd-socket-activate',
      // The --listen must not be used: the socket wins.
      ['-l', address, process.execPath, ...commandOf('node-agent', 'source'), ...flags, '--listen', '127.0.0.1:1'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    children.push(child);
    const [said] = await once(child.stderr, 'data');
    expect(String(said)).toContain('Listening on');
    return child;
  }

  it('answers there, the request that started it included', async () => {
    const [port = 0] = await choosePorts([0]);
    await activate(`127.0.0.1:${port}`);
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/v1/range/?limit=1`);
    expect([statusCode, await body.text()]).toEqual([
      200,
      expect.stringContaining(': read from an inherited socket\n'),
    ]);
  });

  it('answers on a unix socket, too', async () => {
    const path = join(directory, 'agent.sock');
    await activate(path);
    const { stdout } = await run('curl', ['-sS', '--unix-socket', path, 'http://agent/v1/range/?limit=1']);
    expect(stdout).toContain(': read from an inherited socket\n');
  });

  it('ends rather than to be open to other machines without tokens', async () => {
    const [port = 0] = await choosePorts([0]);
    const child = await activate(`0.0.0.0:${port}`);
    const said = text(child.stderr as NodeJS.ReadableStream & AsyncIterable<string>);
    const ended = once(child, 'exit');
    await expect(request(`http://127.0.0.1:${port}/v1/range/?limit=1`)).rejects.toThrow();
    expect([(await ended)[0], await said]).toEqual([
      2,
      expect.stringContaining(
        '--insecure-open: expected --listen on loopback or a unix socket, found socket passed by systemd',
      ),
    ]);
  });
});
