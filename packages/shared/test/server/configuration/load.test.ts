import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConfigurationError,
  commonOptions,
  loadConfiguration,
  neededText,
  seconds,
  texts,
  toggle,
  whole,
} from '@clusterlog/shared/server';
import { Type } from 'typebox';
import { afterAll, describe, expect, it } from 'vitest';

const options = Type.Object({
  ...commonOptions,
  listen: neededText({ placeholder: 'HOST:PORT', pattern: '^.+:[0-9]+$', description: 'Where.' }),
  agentPort: whole({ minimum: 1, maximum: 65_535, default: 61_001, description: 'Port.' }),
  agentUrl: texts({ placeholder: 'ID=URL', pattern: '^[^=]+=https?://.+$', description: 'Overrides.' }),
  insecureOpen: toggle({ description: 'Open.' }),
});

const folder = mkdtempSync(join(tmpdir(), 'clusterlog-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}
const listen = '127.0.0.1:1';

describe('the configuration of a service', () => {
  it('takes defaults where nothing is given', () => {
    expect(loadConfiguration(options, { listen }, {})).toEqual({
      listen,
      agentPort: 61_001,
      agentUrl: [],
      insecureOpen: false,
      maxStall: '5m',
      logLevel: 'info',
      accessLog: true,
    });
  });

  it('prefers flag to environment to file to default', () => {
    const config = file('order.yaml', 'listen: f:1\nagent-port: 1\nlog-level: error\n');
    const environment = { CLUSTERLOG_AGENT_PORT: '2', CLUSTERLOG_LISTEN: 'e:2' };
    expect(loadConfiguration(options, { config, listen: 'flag:3' }, environment)).toMatchObject({
      listen: 'flag:3',
      agentPort: 2,
      logLevel: 'error',
    });
  });

  it('reads lists from repeated flags, from YAML lists and from blanks in the environment', () => {
    const list = ['a=http://x', 'b=http://y'];
    expect(loadConfiguration(options, { listen, agentUrl: list }, {}).agentUrl).toEqual(list);
    expect(loadConfiguration(options, { listen }, { CLUSTERLOG_AGENT_URL: list.join(' ') }).agentUrl).toEqual(list);
    const config = file('list.yaml', `agent-url: [${list.join(', ')}]\n`);
    expect(loadConfiguration(options, { listen, config }, {}).agentUrl).toEqual(list);
  });

  it.each([
    [
      'a flag',
      { listen, agentPort: '70000' },
      {},
      '--agent-port: expected a whole number from 1 to 65535, found "70000"',
    ],
    [
      'the environment',
      { listen },
      { CLUSTERLOG_LOG_LEVEL: 'loud' },
      'CLUSTERLOG_LOG_LEVEL: expected one of trace, debug, info, warn, error, silent, found "loud"',
    ],
    ['a list', { listen, agentUrl: ['nonsense'] }, {}, '--agent-url: expected ID=URL, found ["nonsense"]'],
    [
      'a switch',
      { listen },
      { CLUSTERLOG_INSECURE_OPEN: 'perhaps' },
      'CLUSTERLOG_INSECURE_OPEN: expected true or false, found "perhaps"',
    ],
    ['what is needed and missing', {}, {}, '--listen is needed: Where.'],
  ])('names where a wrong value in %s came from and what was expected', (_place, flags, environment, message) => {
    expect(() => loadConfiguration(options, flags, environment)).toThrow(new ConfigurationError(message));
  });

  it('names the line of a wrong value in the file', () => {
    const config = file('wrong.yaml', `listen: ${listen}\n\nagent-port: many\n`);
    expect(() => loadConfiguration(options, { config }, {})).toThrow(
      `${config}:3: agent-port: expected a whole number`,
    );
  });

  it('refuses an unknown option in the file', () => {
    const config = file('unknown.yaml', 'listne: x:1\n');
    expect(() => loadConfiguration(options, { config }, {})).toThrow(`${config}:1: unknown option "listne"`);
  });

  it('refuses a file that is not there or is not YAML', () => {
    expect(() => loadConfiguration(options, { config: join(folder, 'none.yaml') }, {})).toThrow(
      'cannot be read (ENOENT)',
    );
    expect(() => loadConfiguration(options, { config: file('broken.yaml', 'a: [1,\n') }, {})).toThrow(
      ConfigurationError,
    );
  });
});

describe('a duration', () => {
  it.each([
    ['90s', 90],
    ['250ms', 0.25],
    ['24h', 86_400],
    ['2d', 172_800],
    ['5m', 300],
  ])('of %s is %d seconds', (given, expected) => {
    expect(seconds(given)).toBe(expected);
  });
});
