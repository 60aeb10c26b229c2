import { describe, expect, test } from 'vitest';
import { remainingOf } from '../../src/session/expiry.ts';
import { sessionOf, signedIn } from '../../src/session/session.ts';

const dated = (date: Date) => ({ headers: new Headers({ date: date.toUTCString() }) });

describe('the end of a token', () => {
  test('is told by the clock of this browser, whatever the gateway’s shows', () => {
    const now = Date.now();
    const expires = Math.floor(now / 1_000) + 600;
    expect(sessionOf(dated(new Date(now)), { uid: 'bob', expires })).toEqual({
      state: 'signed-in',
      uid: 'bob',
      expires,
    });
    const slow = sessionOf(dated(new Date(now + 3_600_000)), { uid: 'bob', expires: expires + 3_600 });
    expect(slow.state === 'signed-in' && Math.abs((slow.expires ?? 0) - expires)).toBeLessThan(3);
    expect(sessionOf({ headers: new Headers() }, { uid: 'bob', expires })).toMatchObject({ expires });
    expect(sessionOf(dated(new Date(now)), { uid: 'bob' })).toEqual({ state: 'signed-in', uid: 'bob' });
  });

  test.each([
    [{ state: 'signed-in', expires: 1_000 }, 500, undefined],
    [{ state: 'signed-in', expires: 1_000 }, 800, 200],
    [{ state: 'signed-in', expires: 1_000 }, 1_100, 0],
    [{ state: 'signed-in' }, 1_100, undefined],
    [{ state: 'signed-out' }, 1_100, undefined],
  ])('is near from five minutes before: %j at %i', (session, at, left) => {
    expect(remainingOf(session, at)).toBe(left);
  });
});

test('who waits for somebody to sign in is told when it is not wanted any more', async () => {
  const gone = new AbortController();
  const waiting = signedIn(gone.signal);
  gone.abort(new Error('not wanted'));
  await expect(waiting).rejects.toThrow('not wanted');
  await expect(signedIn(gone.signal)).rejects.toThrow('not wanted');
});
