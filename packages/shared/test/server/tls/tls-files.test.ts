import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { pemDirectory, pemOf, pemPath } from '@clusterlog/test/fixtures/pem-files';
import { afterEach, describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../src/server/configuration/configuration-error.ts';
import { Metrics } from '../../../src/server/metrics.ts';
import { TlsFiles } from '../../../src/server/tls/tls-files.ts';
import type { TlsTexts } from '../../../src/server/tls/tls-texts.ts';
import { certificatesFinding, observeCertificates } from '../../../src/server/tls/watch-tls.ts';

const { put, path } = pemDirectory();
const opened: TlsFiles[] = [];
afterEach(() => {
  for (const files of opened.splice(0)) files.close();
});

const names = {
  cert: { flag: '--tls-cert', path: path('cert.pem') },
  key: { flag: '--tls-key', path: path('key.pem') },
  ca: { flag: '--tls-client-ca', path: path('ca.pem') },
};

/** Files of a server, and what is said of them; they are looked at by the test alone. */
function serverFiles(certificate = 'agent'): { files: TlsFiles; said: string[]; changes: TlsTexts[] } {
  put('cert.pem', `${certificate}.pem`);
  put('key.pem', `${certificate}.key`);
  put('ca.pem', 'authority.pem');
  const said: string[] = [];
  const changes: TlsTexts[] = [];
  const say = (facts: object, message: string) => void said.push(`${message} ${JSON.stringify(facts)}`);
  const files = new TlsFiles(names, { log: { info: say, warn: say } as never, interval: 60_000 });
  files.onChange((texts) => changes.push(texts));
  opened.push(files);
  return { files, said, changes };
}

/** Files are replaced one after the other: what does not fit is looked at once more before it counts. */
function lookTwice(files: TlsFiles): void {
  files.look();
  files.look();
}

describe('TLS files', () => {
  test('are in force as they are at the start', () => {
    const { files, said } = serverFiles();
    expect(files.current).toEqual({
      cert: pemOf('agent.pem'),
      key: pemOf('agent.key'),
      ca: pemOf('authority.pem'),
    });
    expect(files.problem).toBeUndefined();
    expect(said).toEqual([]);
  });

  test('are taken over when they have changed, and whoever wants it is told', () => {
    const { files, said, changes } = serverFiles();
    put('cert.pem', 'agent-next.pem');
    put('key.pem', 'agent-next.key');
    files.look();
    expect(changes).toEqual([
      { cert: pemOf('agent-next.pem'), key: pemOf('agent-next.key'), ca: pemOf('authority.pem') },
    ]);
    expect(files.current).toBe(changes[0]);
    expect(said.join()).toContain('have changed and are in force');
  });

  test('that have not changed are left alone', () => {
    const { files, changes } = serverFiles();
    lookTwice(files);
    expect(changes).toEqual([]);
  });

  test('wait for each other: a certificate without its key changes nothing, and nothing is said of it at first', () => {
    const { files, said, changes } = serverFiles();
    put('cert.pem', 'agent-next.pem');
    files.look();
    expect([files.problem, said, changes]).toEqual([undefined, [], []]);
    put('key.pem', 'agent-next.key');
    files.look();
    expect(files.current.cert).toBe(pemOf('agent-next.pem'));
    expect(files.problem).toBeUndefined();
  });

  test.each([
    [
      'a key of another certificate',
      () => put('key.pem', 'gateway.key'),
      '--tls-key: expected the PEM private key of --tls-cert',
    ],
    [
      'a certificate of another key',
      () => put('cert.pem', 'gateway.pem'),
      '--tls-key: expected the PEM private key of --tls-cert',
    ],
    [
      'half a certificate',
      () => writeFileSync(path('cert.pem'), pemOf('agent-next.pem').slice(0, 300)),
      '--tls-cert: expected PEM certificates',
    ],
    [
      'one authority and half of another',
      () => writeFileSync(path('ca.pem'), pemOf('authority.pem') + pemOf('successor.pem').slice(0, 300)),
      '--tls-client-ca: expected PEM certificates',
    ],
    [
      'a loop of links',
      () => {
        rmSync(path('key.pem'));
        symlinkSync('key.pem', path('key.pem'));
      },
      '--tls-key: ',
    ],
    ['no certificate', () => writeFileSync(path('cert.pem'), ''), '--tls-cert: expected PEM certificates'],
    ['a key for a CA', () => put('ca.pem', 'agent.key'), '--tls-client-ca: expected PEM certificates'],
    ['a file that is gone', () => rmSync(path('ca.pem')), '--tls-client-ca: '],
    [
      'a directory',
      () => {
        rmSync(path('key.pem'));
        mkdirSync(path('key.pem'));
      },
      '--tls-key: ',
    ],
    [
      'a certificate that has ended',
      () => {
        put('key.pem', 'ended.key');
        put('cert.pem', 'ended.pem');
      },
      '--tls-cert: the new certificate in',
    ],
  ])('that have become %s leave the last good ones in force, and it is said once', (_what, spoil, reason) => {
    const { files, said, changes } = serverFiles();
    const before = files.current;
    spoil();
    lookTwice(files);
    lookTwice(files);
    expect(files.current).toBe(before);
    expect(changes).toEqual([]);
    expect(files.problem).toContain(reason);
    expect(files.problem).toContain('the last good ones are in force');
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('the last good ones stay in force');
    rmSync(path('key.pem'), { recursive: true });
    put('cert.pem', 'agent-next.pem');
    put('key.pem', 'agent-next.key');
    put('ca.pem', 'authority.pem');
    files.look();
    expect(files.problem).toBeUndefined();
    expect(files.current.cert).toBe(pemOf('agent-next.pem'));
  });

  test('that hold a certificate that has ended do start, and say since when', () => {
    const { files, said } = serverFiles('ended');
    expect(files.problem).toMatch(/^--tls-cert: the certificate in .*cert\.pem ended at 2020-01-31T00:00:00\.000Z$/);
    expect(said.join()).toContain('certificates have to be renewed');
    expect(certificatesFinding([files])).toMatchObject([{ check: 'certificates', state: 'degraded' }]);
    files.look();
    expect(said).toHaveLength(1);
  });

  test('whose key is too small are refused, with the reason', () => {
    const small = {
      cert: { flag: '--tls-cert', path: pemPath('small.pem') },
      key: { flag: '--tls-key', path: pemPath('small.key') },
    };
    expect(() => new TlsFiles(small, { log: { info() {}, warn() {} } as never })).toThrow(
      /^--tls-cert: expected PEM certificates in .*, found what TLS does not take \(ee key too small\)$/,
    );
  });

  test('are taken over when a link leads to another directory, as Kubernetes replaces them', () => {
    const directory = path('mounted');
    const link = (version: string): void => {
      symlinkSync(version, path('data.new'));
      renameSync(path('data.new'), directory);
    };
    for (const [version, name] of [
      ['version-1', 'agent'],
      ['version-2', 'agent-next'],
    ] as const) {
      mkdirSync(path(version));
      put(`${version}/cert.pem`, `${name}.pem`);
      put(`${version}/key.pem`, `${name}.key`);
    }
    link('version-1');
    const cert = { flag: '--tls-cert', path: `${directory}/cert.pem` };
    const key = { flag: '--tls-key', path: `${directory}/key.pem` };
    const files = new TlsFiles({ cert, key }, { log: { info() {}, warn() {} } as never, interval: 60_000 });
    opened.push(files);
    link('version-2');
    files.look();
    expect(files.current).toEqual({ cert: pemOf('agent-next.pem'), key: pemOf('agent-next.key') });
  });

  test('may be one file for certificate and key', () => {
    writeFileSync(path('both.pem'), pemOf('agent.pem') + pemOf('agent.key'));
    const cert = { flag: '--tls-cert', path: path('both.pem') };
    const key = { flag: '--tls-key', path: path('both.pem') };
    const files = new TlsFiles({ cert, key }, { log: { info() {}, warn() {} } as never, interval: 60_000 });
    opened.push(files);
    expect(files.problem).toBeUndefined();
  });

  test('that do not fit refuse to start', () => {
    put('cert.pem', 'agent.pem');
    put('key.pem', 'gateway.key');
    put('ca.pem', 'authority.pem');
    const open = () => new TlsFiles(names, { log: { info() {}, warn() {} } as never });
    expect(open).toThrow(ConfigurationError);
    expect(open).toThrow('--tls-key: expected the PEM private key of --tls-cert in');
  });

  test('tell when each certificate ends, as a metric; the key is none', async () => {
    const { files } = serverFiles();
    const metrics = new Metrics();
    observeCertificates(metrics, [files]);
    const text = await metrics.registry.metrics();
    const line = (file: string) => `clusterlog_certificate_end_timestamp_seconds{file="${path(file)}"} `;
    const end = Date.parse('2119-12-08T00:00:00Z') / 1000;
    expect(text).toContain(`${line('cert.pem')}${end}
`);
    expect(text).toContain(`${line('ca.pem')}${end}
`);
    expect(text).not.toContain(line('key.pem'));
  });

  test('may hold several authorities, of which one that has ended says nothing of the others', () => {
    put('cert.pem', 'agent.pem');
    const { files } = serverFiles();
    writeFileSync(path('ca.pem'), `${pemOf('ended.pem')}${pemOf('authority.pem')}${pemOf('successor.pem')}`);
    files.look();
    expect(files.current.ca).toContain(pemOf('successor.pem'));
    expect(files.problem).toBeUndefined();
    const detail = 'the first ends at 2119-12-08T00:00:00.000Z';
    expect(certificatesFinding([files])).toEqual([{ check: 'certificates', state: 'ok', detail }]);
    expect(certificatesFinding([])).toEqual([]);
  });
});
