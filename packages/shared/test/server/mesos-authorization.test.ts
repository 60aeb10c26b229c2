import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { Agent } from 'undici';
import { afterAll, afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { MesosAuthorization } from '../../src/server/mesos-authorization.ts';

const directory = mkdtempSync(join(tmpdir(), 'clusterlog-credential-'));
const dispatcher = new Agent();
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await dispatcher.close();
});
afterEach(() => void vi.useRealTimers());

const path = join(directory, 'credential');

function write(text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function open(text: string): { authorization: MesosAuthorization; said: string[] } {
  write(text);
  const said: string[] = [];
  const say = (facts: object, message: string) => void said.push(`${message} ${JSON.stringify(facts)}`);
  const log = { info: say, warn: say } as never;
  const flag = '--mesos-credential-file';
  return { authorization: new MesosAuthorization({ flag, path, dispatcher, log, interval: 0 }), said };
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

interface Login {
  readonly uid: string;
  readonly header: object;
  readonly claims: { readonly uid: string; readonly exp: number };
  readonly verified: boolean;
}

/** DC/OS' Identity and Access Manager, as far as services log in there. */
async function startLogin(life = 432_000) {
  const logins: Login[] = [];
  const login = { logins, status: 200, answer: undefined as string | undefined, endpoint: '', life };
  const server = createServer(async (request, response) => {
    const { uid, token } = (await json(request)) as { uid: string; token: string };
    const [header = '', claims = '', signature = ''] = token.split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    logins.push({
      uid,
      header: read(header),
      claims: read(claims),
      verified: verify(
        'sha256',
        Buffer.from(`${header}.${claims}`),
        createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
        Buffer.from(signature, 'base64url'),
      ),
    });
    const exp = Math.floor(Date.now() / 1000) + login.life;
    const given = `${header}.${Buffer.from(JSON.stringify({ uid, exp, n: logins.length })).toString('base64url')}.c2ln`;
    response.writeHead(login.status).end(login.answer ?? JSON.stringify({ token: given }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  login.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/acs/api/v1/auth/login`;
  return login;
}

const account = (login_endpoint: string, uid = 'clusterlog') =>
  JSON.stringify({ scheme: 'RS256', uid, private_key: privatePem, login_endpoint });

describe('a credential file', () => {
  test.each([
    ['token=abc.def.ghi\n', 'token=abc.def.ghi'],
    ['Bearer abc', 'Bearer abc'],
    ['Basic dTpw\r\n', 'Basic dTpw'],
    ['ops secret\n', `Basic ${Buffer.from('ops:secret').toString('base64')}`],
    ['{"principal": "ops", "secret": "s p"}', `Basic ${Buffer.from('ops:s p').toString('base64')}`],
  ])('holding %j', async (text, header) => {
    expect(await open(text).authorization.header()).toBe(header);
  });

  test.each([
    '',
    'alone',
    'one two three',
    '{"principal": 5}',
    '{',
    'token=a\r\nX-Evil: 1',
    '{"uid": "u", "private_key": "SECRET", "login_endpoint": "http://127.0.0.1/"}',
    JSON.stringify({ uid: 'u', private_key: privatePem, login_endpoint: 'file:///etc' }),
    JSON.stringify({ uid: 'u', private_key: privatePem, login_endpoint: 'http://x/', scheme: 'HS256' }),
  ])('holding %j is refused, and its content not repeated', (text) => {
    expect(() => open(text)).toThrow('--mesos-credential-file: expected "token=…", "Bearer …", "Basic …"');
    expect(() => open(text)).toThrow(`found something else in ${path}`);
  });

  test('that is not there is refused', () => {
    rmSync(path, { force: true });
    const options = { flag: '--mesos-credential-file', path, dispatcher, log: { info() {}, warn() {} } as never };
    expect(() => new MesosAuthorization(options)).toThrow(`${path} cannot be read (ENOENT)`);
  });

  test('is read again when it changes; when it is none any more the last good one stays in force', async () => {
    const { authorization, said } = open('ops secret');
    const before = await authorization.header();
    expect(await authorization.refused(before)).toBe(false);
    write('token=new.er.one');
    expect(await authorization.refused(before)).toBe(true);
    expect(await authorization.header()).toBe('token=new.er.one');
    write('nothing');
    expect(await authorization.header()).toBe('token=new.er.one');
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('the last good one stays in force');
  });
});

describe('a DC/OS service account', () => {
  test('logs in with a token that its key has signed, once, and goes on with what it gets', async () => {
    const login = await startLogin();
    const { authorization } = open(account(login.endpoint));
    const headers = await Promise.all([authorization.header(), authorization.header(), authorization.header()]);
    expect(new Set(headers).size).toBe(1);
    expect(headers[0]).toMatch(/^token=[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await authorization.header()).toBe(headers[0]);
    expect(login.logins).toMatchObject([
      { uid: 'clusterlog', header: { alg: 'RS256', typ: 'JWT' }, claims: { uid: 'clusterlog' }, verified: true },
    ]);
    const { exp = 0 } = login.logins[0]?.claims ?? {};
    expect(exp - Date.now() / 1000).toBeLessThanOrEqual(300);
    expect(authorization.problem).toBeUndefined();
  });

  test('logs in again well before the token ends, and waits for it only once that has happened', async () => {
    const login = await startLogin(1_000);
    const { authorization } = open(account(login.endpoint));
    const first = await authorization.header();
    const start = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: start + 700_000 });
    expect(await authorization.header()).toBe(first);
    expect(login.logins).toHaveLength(1);
    vi.setSystemTime(start + 800_000);
    expect(await authorization.header()).toBe(first);
    await vi.waitFor(async () => expect(await authorization.header()).not.toBe(first));
    expect(login.logins).toHaveLength(2);
    const second = await authorization.header();
    vi.setSystemTime(start + 5_000_000);
    const third = await authorization.header();
    expect(third).not.toBe(second);
    expect(login.logins).toHaveLength(3);
  });

  test('logs in anew when the token is refused, but not for one that it has just got', async () => {
    const login = await startLogin();
    const { authorization } = open(account(login.endpoint));
    const first = await authorization.header();
    expect(await authorization.refused(first)).toBe(false);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    expect(await authorization.refused(first)).toBe(true);
    expect(await authorization.header()).not.toBe(first);
    // Somebody else's request was refused with the old one, too.
    expect(await authorization.refused(first)).toBe(true);
    expect(login.logins).toHaveLength(2);
  });

  test.each([
    ['401', 401, undefined, 'expected status 200 from the login of clusterlog, found 401'],
    ['no token', 200, '{"tok":1}', 'found something else'],
    ['a token with a line end in it', 200, '{"token":"a\\r\\nX: y"}', 'found something else'],
    ['no JSON', 200, '<html>', 'found something else'],
    ['too much', 200, 'x'.repeat(100_000), 'at most 65536 bytes'],
  ])(
    'that is answered %s has no header, and says why, without asking again at once',
    async (_what, status, answer, reason) => {
      const login = await startLogin();
      Object.assign(login, { status, answer });
      const { authorization, said } = open(account(login.endpoint));
      await expect(authorization.header()).rejects.toThrow(reason);
      await expect(authorization.header()).rejects.toThrow(reason);
      expect(login.logins).toHaveLength(1);
      expect(authorization.problem).toContain(reason);
      expect(said).toHaveLength(1);
      expect(said.join()).not.toContain('PRIVATE KEY');
    },
  );

  test('goes on with its token while the login does not answer', async () => {
    const login = await startLogin(1_000);
    const { authorization } = open(account(login.endpoint));
    const first = await authorization.header();
    login.status = 503;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 900_000 });
    expect(await authorization.header()).toBe(first);
    await vi.waitFor(() => expect(authorization.problem).toContain('found 503'));
    expect(await authorization.header()).toBe(first);
  });

  test('of a changed file logs in as who that says', async () => {
    const login = await startLogin();
    const { authorization } = open(account(login.endpoint));
    const first = await authorization.header();
    write(account(login.endpoint, 'another'));
    expect(await authorization.header()).not.toBe(first);
    expect(login.logins.map(({ uid }) => uid)).toEqual(['clusterlog', 'another']);
  });
});
