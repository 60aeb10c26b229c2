import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gatewayOptions } from '@clusterlog/gateway';
import { agentOptions } from '@clusterlog/node-agent';
import { loadConfiguration } from '@clusterlog/shared/server';
import { describe, expect, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Fails with the service's own words when a variable is none of its options, or its value is wrong. */
function expectOptions(
  options: typeof gatewayOptions | typeof agentOptions,
  environment: Record<string, string>,
): void {
  const configuration = Object.values(loadConfiguration(options, {}, environment))
    .flat()
    .map(String);
  for (const [name, value] of Object.entries(environment))
    expect([name, configuration]).toEqual([name, expect.arrayContaining(value.split(' '))]);
}

describe.skipIf(cannotRun(whyNoPrograms('docker-compose')))('docker-compose.yml', () => {
  const compose = async (...args: string[]) => (await run('docker-compose', args, { cwd: root })).stdout;

  /** Blocks of `docker-compose config`, by service. */
  async function services(...args: string[]): Promise<Map<string, string>> {
    const [, list = ''] = /^services:\n((?: {2,}.*\n)+)/m.exec(await compose(...args, 'config')) ?? [];
    return new Map(
      [...list.matchAll(/^ {2}(\S+):\n((?: {4,}.*\n)+)/gm)].map(([, name = '', block = '']) => [name, block]),
    );
  }

  const environmentOf = (block: string) =>
    Object.fromEntries(
      [...block.matchAll(/^ {6}(CLUSTERLOG_\w+): (.*)$/gm)]
        .map(([, name = '', value = '']): [string, string] => [name, value.replace(/^'(.*)'$/, '$1')])
        .filter(([, value]) => value !== ''),
    );

  it.each([[[]], [['--env-file', 'deploy/compose/mesos.env']]])(
    'is accepted by docker-compose config -q %j',
    async (args) => {
      expect(await compose(...args, 'config', '-q')).toBe('');
    },
  );

  it('gives gateways and node agents options that they have', async () => {
    const all = await services();
    expect([...all.keys()].filter((name) => /^(gateway|node)-/.test(name))).toHaveLength(5);
    for (const [name, block] of all) {
      if (name.startsWith('gateway-')) expectOptions(gatewayOptions, environmentOf(block));
      if (name.startsWith('node-')) expectOptions(agentOptions, environmentOf(block));
    }
  });

  it('with Mesos’ own images asks every Mesos agent for its id, and follows their master', async () => {
    const all = await services('--env-file', 'deploy/compose/mesos.env');
    expect(environmentOf(all.get('node-2') ?? '')).not.toHaveProperty('CLUSTERLOG_AGENT_ID');
    expect(environmentOf(all.get('gateway-1') ?? '')).toHaveProperty(
      'CLUSTERLOG_MESOS_MASTER',
      'http://mesos-master:5050',
    );
  });

  it('runs what answers requests without privileges, on read-only file systems', async () => {
    for (const [name, block] of await services()) {
      if (!/^(edge|gateway-|node-|simulated)/.test(name)) continue;
      expect([name, block]).toEqual([name, expect.stringMatching(/^ {4}read_only: true$/m)]);
      expect([name, block]).toEqual([name, expect.stringMatching(/^ {4}cap_drop:\n {4}- ALL$/m)]);
      expect([name, block]).toEqual([name, expect.stringMatching(/^ {4}healthcheck:$/m)]);
    }
  });

  it('builds only targets that the Dockerfile has, each run by a user of its own but journald', async () => {
    const dockerfile = read('Dockerfile');
    const stages = new Map(
      [...dockerfile.matchAll(/^FROM \S+ AS (\S+)\n((?:(?!FROM).*\n?)*)/gm)].map(([, name, body]) => [name, body]),
    );
    const targets = new Set(
      [...(await compose('config')).matchAll(/^ {6}target: ([a-z-]+)$/gm)].map(([, target]) => target),
    );
    expect(targets).toEqual(new Set(['agent', 'gateway', 'edge', 'journald', 'simulated-mesos']));
    for (const target of targets) {
      expect([...stages.keys()]).toContain(target);
      if (target !== 'journald')
        expect([target, stages.get(target)]).toEqual([target, expect.stringMatching(/^USER (10001:10001|node)$/m)]);
    }
  });
});

describe('the Marathon app of the gateway', () => {
  const app = JSON.parse(read('deploy/marathon/clusterlog-gateway.json'));

  it('runs the program of the tarball that it fetches', () => {
    const { version } = JSON.parse(read('package.json'));
    const name = `clusterlog-gateway-${version}-linux-x64`;
    expect(app.fetch[0].uri.endsWith(`/${name}.tar.gz`)).toBe(true);
    expect(app.cmd).toContain(`./${name}/bin/clusterlog-gateway `);
  });

  it('gives it options that it has, and asks it whether it is ready', () => {
    expectOptions(gatewayOptions, app.env);
    const flags = Object.fromEntries(
      [...app.cmd.matchAll(/--([\w-]+) (\S+)/g)].map(([, flag, value]) => [
        `CLUSTERLOG_${flag.toUpperCase().replaceAll('-', '_')}`,
        value.replace('$PORT_HTTP', '31000'),
      ]),
    );
    expect(Object.keys(flags)).toContain('CLUSTERLOG_LISTEN');
    expectOptions(gatewayOptions, flags);
    expect(app.healthChecks[0].path).toBe('/health/ready');
  });
});
