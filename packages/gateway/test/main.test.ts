import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '@clusterlog/shared/server';
import { decodeJwt } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createProgram } from '../src/program.ts';
import { keyDirectory, pem, rsa, secret } from './auth/keys.ts';
import { closedPort, get } from './gateway.ts';

const file = keyDirectory();
const secretFile = file('secret', `${secret}\n`);
const directory = dirname(secretFile);
const certificate = (name: string) => fileURLToPath(new URL(`proxy/certificates/${name}`, import.meta.url));

function start(...flags: string[]): ChildProcess {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=source', main, ...flags], { env: { PATH: process.env.PATH } });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  });
  return child;
}

async function run(...flags: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = start(...flags);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

describe('clusterlog-gateway does not start', () => {
  const master = ['--mesos-master', 'http://127.0.0.1:1'];
  const auth = ['--auth-secret-file', secretFile];
  test.each([
    ['without a key for tokens', [...master], 'no key to verify tokens with'],
    [
      'with a secret of 31 bytes',
      [...master, '--auth-secret-file', file('short', `${secret.subarray(1)}\n`)],
      'found 31',
    ],
    ['with a secret file that is not there', [...master, '--auth-secret-file', '/nowhere/s'], 'there is no such file'],
    [
      'with a public key file that holds none',
      [...master, '--auth-public-key-file', secretFile],
      'expected a public key in PEM form',
    ],
    [
      'with a private key for a public one',
      [
        ...master,
        '--auth-public-key-file',
        file('private.pem', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })),
      ],
      'found a private key',
    ],
    ['with a JWKS file that is no key set', [...master, '--auth-jwks', file('no.json', '{}')], 'expected a JWK set'],
    ['with a JWKS URL and no audience', [...master, '--auth-jwks', 'https://id.example/jwks'], 'needs --auth-audience'],
    [
      'with a JWKS URL without TLS',
      [...master, '--auth-jwks', 'http://id.example/jwks', '--auth-audience', 'a'],
      'expected a file, an https URL',
    ],
    [
      'with a policy file that is none',
      [...master, ...auth, '--policy', file('p.yaml', 'version: 1\nrules:\n  - who: alice\n')],
      'p.yaml: line 3: rules.0.who must',
    ],
    [
      'with a signing key that is none',
      [...master, ...auth, '--signing-key-file', file('rsa.json', pem(rsa.publicKey))],
      'private Ed25519 key',
    ],
    ['with a proxy that is no network', [...master, ...auth, '--trusted-proxy', '10.0.0.0/33'], 'found "10.0.0.0/33"'],
    ['with neither master nor local agent', [...auth], '--mesos-master or --local-agent is needed'],
    [
      'with a master that is no URL',
      [...auth, '--mesos-master', 'mesos:5050'],
      '--mesos-master: expected http or https URLs',
    ],
    [
      'with a master at no URL',
      [...auth, '--mesos-master', 'http://['],
      '--mesos-master: expected an http or https URL',
    ],
    [
      'with half a client certificate',
      [...master, ...auth, '--agent-client-cert', certificate('gateway.pem')],
      'go together',
    ],
    [
      'to send callers’ tokens over the network in clear',
      [...master, ...auth, '--mesos-forward-caller'],
      'expected --agent-scheme https, found http',
    ],
    [
      'to send callers’ tokens to one agent in clear',
      [
        ...master,
        ...auth,
        '--mesos-forward-caller',
        '--agent-scheme',
        'https',
        '--agent-url',
        'S1=http://10.0.0.1:61001',
      ],
      'expected node agents by https, or on loopback, found "http://10.0.0.1:61001"',
    ],
    ['with a CA that is none', [...master, ...auth, '--agent-ca', secretFile], 'expected PEM certificates'],
    [
      'with a client key of another certificate',
      [
        ...master,
        ...auth,
        '--agent-client-cert',
        certificate('gateway.pem'),
        '--agent-client-key',
        certificate('agent.key'),
      ],
      '--agent-client-key: expected the PEM private key of --agent-client-cert',
    ],
    [
      'with an agent given twice',
      [...master, ...auth, '--agent-url', 'S1=http://a', '--agent-url', 'S1=http://b'],
      'given twice',
    ],
    ['with a trusted match that is none', [...master, ...auth, '--task-trusted-match', 'uid'], 'FIELD=VALUE'],
    [
      'with a task form it does not know',
      [...master, ...auth, '--task-form', 'docker'],
      '--task-form: expected stream',
    ],
    [
      'with an age that is none',
      [...master, ...auth, '--max-follow-age', 'long'],
      '--max-follow-age: expected a number with a unit',
    ],
  ])('%s, and says why', async (_why, flags, reason) => {
    const started = createProgram().parseAsync(['node', 'clusterlog-gateway', ...flags]);
    await expect(started).rejects.toThrow(ConfigurationError);
    await expect(started).rejects.toThrow(reason);
    await expect(started).rejects.not.toThrow(/\n/);
  });

  test('and ends with status 2 and that one line', { timeout: 30_000 }, async () => {
    const { code, out, err } = await run(...master);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^clusterlog-gateway: no key to verify tokens with[^\n]*\n$/);
  });
});

describe('clusterlog-gateway', { timeout: 30_000 }, () => {
  test('ends with status 1 and one line when it cannot serve its metrics, though it could listen', async () => {
    const holder = createServer();
    await once(holder.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void holder.close());
    const { port } = holder.address() as AddressInfo;
    const { code, err } = await run(
      ...['--listen', '127.0.0.1:0', '--metrics-listen', `127.0.0.1:${port}`, '--mesos-master', 'http://127.0.0.1:1'],
      ...['--auth-secret-file', secretFile, '--signing-key-file', join(directory, 'busy', 'key.json')],
    );
    expect(err).toBe(`clusterlog-gateway: --metrics-listen: 127.0.0.1:${port} is already in use\n`);
    expect(code).toBe(1);
  });

  test('prints tokens that it takes itself, makes its signing key, says what is wrong, and ends on SIGTERM', async () => {
    const signingKeyFile = join(directory, 'made', 'key.json');
    const [port, metricsPort, masterPort] = await Promise.all([closedPort(), closedPort(), closedPort()]);
    const child = start(
      ...['--listen', `127.0.0.1:${port}`, '--metrics-listen', `127.0.0.1:${metricsPort}`],
      ...['--mesos-master', `http://127.0.0.1:${masterPort}`, '--auth-secret-file', secretFile],
      ...['--signing-key-file', signingKeyFile],
    );
    let log = '';
    const answering = Promise.withResolvers<void>();
    child.stdout?.on('data', (chunk) => {
      log += chunk;
      if (log.includes('"msg":"answering"')) answering.resolve();
    });
    child.once('exit', () => answering.reject(new Error(`it ended: ${log}`)));
    await answering.promise;

    const { out } = await run(
      'token',
      '--uid',
      'alice',
      '--ttl',
      '10m',
      '--groups',
      'a,b',
      '--auth-secret-file',
      secretFile,
    );
    const token = out.trim();
    expect(decodeJwt(token)).toMatchObject({ uid: 'alice', groups: ['a', 'b'] });
    const headers = { authorization: `token=${token}` };
    expect(await get(port, '/system/v1/logs/v1/range/', { headers })).toMatchObject({ status: 503 });
    expect(await get(port, '/system/v1/agent/S1/logs/v1/range/', { headers })).toMatchObject({
      status: 503,
      body: '503 Service Unavailable: cache state is invalid\n',
    });

    const ready = await get(port, '/health/ready');
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.body).checks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ check: 'mesos', state: 'failing', detail: expect.stringContaining('ever reached') }),
        expect.objectContaining({
          check: 'policy',
          detail: expect.stringContaining('every authenticated caller reads everything'),
        }),
      ]),
    );
    expect(log).toContain('every authenticated caller reads everything');

    const published = JSON.parse((await get(port, '/.well-known/jwks.json')).body).keys;
    expect(statSync(signingKeyFile).mode & 0o777).toBe(0o600);
    const [kept] = JSON.parse(readFileSync(signingKeyFile, 'utf8')).keys;
    expect(published).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', x: kept.x }]);
    expect(JSON.stringify(published)).not.toContain(kept.d);

    expect((await get(port, '/metrics', { headers })).status).toBe(404);
    expect((await get(metricsPort, '/metrics')).body).toContain('clusterlog_mesos_reached 0');

    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(log).not.toContain(token);
    expect(log).not.toContain(secret.toString());
    expect(existsSync(signingKeyFile)).toBe(true);
  });

  test('token writes the claims that the gateway is told to look at', async () => {
    const { out } = await run(
      ...['token', '--uid', 'bob', '--auth-secret-file', secretFile, '--auth-uid-claim', 'sub'],
      ...['--auth-issuer', 'us', '--auth-audience', 'logs'],
    );
    const { exp = 0, iat = 0, ...claims } = decodeJwt(out.trim());
    expect(claims).toEqual({ sub: 'bob', iss: 'us', aud: 'logs' });
    expect(exp - iat).toBe(3600);
  });

  test.each([
    ['whom it is for', ['--auth-secret-file', secretFile], '--uid is needed'],
    ['a longer secret', ['--uid', 'a', '--auth-secret-file', file('tiny', 'x')], 'at least 32 bytes'],
    [
      'how long',
      ['--uid', 'a', '--ttl', 'soon', '--auth-secret-file', secretFile],
      '--ttl: expected a number with a unit',
    ],
  ])('token wants to know %s', async (_what, flags, reason) => {
    await expect(createProgram().parseAsync(['node', 'clusterlog-gateway', 'token', ...flags])).rejects.toThrow(reason);
  });
});
