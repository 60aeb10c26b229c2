import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { KeySource } from '../../src/auth/key-source.ts';
import { knowingCallers } from '../../src/auth/known-callers.ts';
import { secretFile } from '../../src/auth/secret-file.ts';
import { createTokenVerifier } from '../../src/auth/token-verifier.ts';
import { keyDirectory, now, secret, sign } from './keys.ts';

const file = keyDirectory();
const start = Date.now();

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: start }));
afterEach(() => void vi.useRealTimers());

function knowing(...sources: KeySource[]) {
  const rules = { uidClaim: 'uid', groupsClaim: 'groups', allowNoExpiry: true };
  const inner = vi.fn(createTokenVerifier(sources, rules));
  return { verify: knowingCallers(inner, sources), inner };
}

const bySecret = () => secretFile(file('secret', secret), () => undefined, 0);

test('a token that was found good is not verified again', async () => {
  const { verify, inner } = knowing(bySecret());
  const token = await sign({ groups: ['a'], exp: now() + 600 });
  const first = await verify(token);
  expect(first).toEqual({ uid: 'alice', groups: ['a'], expiresAt: now() + 600 });
  expect(await verify(token)).toBe(first);
  expect(inner).toHaveBeenCalledTimes(1);
});

test('each caller is known by his own token', async () => {
  const { verify } = knowing(bySecret());
  const [alice, bob] = [await sign({ uid: 'alice' }), await sign({ uid: 'bob' })];
  await Promise.all([verify(alice), verify(bob)]);
  expect((await verify(bob)).uid).toBe('bob');
  expect((await verify(alice)).uid).toBe('alice');
});

test('a known token is refused in the second in which it ends', async () => {
  const { verify } = knowing(bySecret());
  const token = await sign({ exp: now() + 5 });
  await verify(token);
  vi.setSystemTime((now() + 5) * 1_000 - 1);
  await verify(token);
  vi.setSystemTime(Date.now() + 1);
  await expect(verify(token)).rejects.toMatchObject({ reason: 'expired' });
});

test('a token that never ends is verified again after a minute', async () => {
  const { verify, inner } = knowing(bySecret());
  const token = await sign({ exp: undefined });
  await verify(token);
  vi.setSystemTime(start + 59_999);
  await verify(token);
  expect(inner).toHaveBeenCalledTimes(1);
  vi.setSystemTime(start + 60_000);
  await verify(token);
  expect(inner).toHaveBeenCalledTimes(2);
});

test('a token that is not valid yet by a clock that went back is refused though it was found good', async () => {
  const { verify } = knowing(bySecret());
  const token = await sign({ nbf: now() - 5, exp: now() + 600 });
  await verify(token);
  vi.setSystemTime(start - 30_000);
  await expect(verify(token)).rejects.toMatchObject({ reason: 'not-yet-valid' });
});

test('a known token is refused once its key is no more', async () => {
  const path = file('changing', secret);
  const { verify } = knowing(secretFile(path, () => undefined, 0));
  const token = await sign({});
  await verify(token);
  writeFileSync(path, Buffer.alloc(40, 'another secret'));
  await expect(verify(token)).rejects.toMatchObject({ reason: 'bad-signature' });
});

test('a known token is verified again when a set behind a URL has been fetched anew', async () => {
  let set = {};
  const { current } = bySecret();
  const { verify, inner } = knowing({ name: 'a URL', current: () => ({ ...current(), version: set }) });
  const token = await sign({});
  await verify(token);
  await verify(token);
  expect(inner).toHaveBeenCalledTimes(1);
  set = {};
  await verify(token);
  expect(inner).toHaveBeenCalledTimes(2);
});

test('a token that was refused is not known', async () => {
  const { verify, inner } = knowing(bySecret());
  const token = await sign({}, Buffer.alloc(32, 'x'));
  for (let time = 0; time < 2; time++) await expect(verify(token)).rejects.toMatchObject({ reason: 'bad-signature' });
  expect(inner).toHaveBeenCalledTimes(2);
});
