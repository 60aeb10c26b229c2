import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { anotherGateway } from '../another-gateway.ts';
import { callerSecret, expired, signed, unsigned } from '../caller-tokens.ts';
import type { Point } from '../chapter.ts';
import { agentTakesNone } from '../in-place-of.ts';
import { textMessages } from '../reading.ts';

const oneLine = '/v1/range/?limit=1';

/** Whose token lets in, where it is looked for, and what is said without one. */
export function authenticationPoints(point: Point): void {
  point(
    1,
    'without a token it is 401, with the page that sends a browser to the login',
    async (setUp) => {
      for (const logs of [setUp.logs, '/system/v1/logs']) {
        const answer = await setUp.askAt(`${logs}${oneLine}`, { credentials: [] });
        expect([answer.status, answer.header('www-authenticate')]).toEqual([401, 'oauthjwt']);
        expect(answer.header('content-type')).toBe('text/html; charset=UTF-8');
        expect(answer.text).toContain('<meta http-equiv="refresh" content="5; url=/#/login">');
        expect(answer.text).toContain('location.href = "/#/login?redirect=" + encodeURIComponent(location.href)');
      }
    },
    { agent: agentTakesNone },
  );

  point(
    2,
    'Authorization: token=<jwt> lets in',
    async (setUp) => {
      const credentials = [`Authorization: token=${setUp.token}`];
      for (const logs of [setUp.logs, '/system/v1/logs']) {
        expect(textMessages(await setUp.askAt(`${logs}${oneLine}`, { credentials }))).toHaveLength(1);
      }
    },
    { agent: agentTakesNone },
  );

  point(
    3,
    'Authorization: Bearer <jwt> lets in',
    async (setUp) => {
      const credentials = [`Authorization: Bearer ${setUp.token}`];
      expect((await setUp.ask(oneLine, { credentials })).status).toBe(200);
    },
    { agent: agentTakesNone },
  );

  point(
    4,
    'the cookie alone lets in',
    async (setUp) => {
      const credentials = [`Cookie: other=1; dcos-acs-auth-cookie=${setUp.token}; more=2`];
      expect((await setUp.ask(oneLine, { credentials })).status).toBe(200);
    },
    { agent: agentTakesNone },
  );

  point(
    5,
    'another Authorization header hides the cookie',
    async (setUp) => {
      for (const authorization of ['Basic x', '', setUp.token, `Token=${setUp.token}`, `bearer ${setUp.token}`]) {
        const credentials = [`Authorization: ${authorization}`, `Cookie: dcos-acs-auth-cookie=${setUp.token}`];
        expect([authorization, (await setUp.ask(oneLine, { credentials })).status]).toEqual([authorization, 401]);
      }
    },
    { agent: agentTakesNone },
  );

  point(
    6,
    'a token must be signed by the key, by its algorithm, have a uid and not be over; one without an end must be allowed',
    async (setUp, world) => {
      const secret = callerSecret(world);
      const status = async (token: string, at = setUp) =>
        (await at.ask(oneLine, { credentials: [`Authorization: token=${token}`] })).status;
      expect(await status(await signed({ uid: 'alice' }, secret))).toBe(200);
      expect(await status(await expired({ uid: 'alice' }, secret))).toBe(401);
      expect(await status(await signed({}, secret))).toBe(401);
      expect(await status(await signed({ uid: null }, secret))).toBe(401);
      expect(await status(await signed({ uid: 'alice' }, Buffer.alloc(32, 'another')))).toBe(401);
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      expect(await status(await signed({ uid: 'alice' }, privateKey, 'RS512'))).toBe(401);
      expect(await status(unsigned({ uid: 'alice' }))).toBe(401);

      const forever = await signed({ uid: 'alice', exp: undefined }, secret);
      expect(await status(forever)).toBe(401);
      const lenient = await anotherGateway(world, setUp, {
        auth: ['--auth-secret-file', join(world.cluster.directory, 'caller-secret'), '--auth-allow-no-expiry'],
        master: world.cluster.master.url,
        token: forever,
      });
      await expect.poll(() => status(forever, lenient), { timeout: 5_000 }).toBe(200);
    },
    { agent: agentTakesNone },
  );

  point(
    7,
    'a public key’s text is no HS256 secret',
    async (setUp, world) => {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
      const file = join(world.cluster.directory, `public-${setUp.name}.pem`);
      writeFileSync(file, pem);
      const claims = { uid: 'alice' };
      const token = await signed(
        claims,
        createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })),
        'RS256',
      );
      const gateway = await anotherGateway(world, setUp, {
        auth: ['--auth-public-key-file', file],
        master: world.cluster.master.url,
        token,
      });
      await expect.poll(async () => (await gateway.ask(oneLine)).status, { timeout: 5_000 }).toBe(200);
      for (const secret of [pem, pem.trimEnd()]) {
        const credentials = [`Authorization: token=${await signed(claims, Buffer.from(secret))}`];
        expect((await gateway.ask(oneLine, { credentials })).status).toBe(401);
      }
    },
    { agent: agentTakesNone },
  );
}
