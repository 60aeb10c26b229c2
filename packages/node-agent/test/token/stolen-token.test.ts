import { wholeNode } from '@clusterlog/shared';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { app, podTask, runOf, scopeOf, TaskWorld } from '../routes/task-world.ts';

vi.setConfig({ testTimeout: 60_000 });

let world: TaskWorld;

beforeAll(async () => {
  world = await TaskWorld.start();
  for (const [sandbox, who] of [
    [app, 'mine'],
    [podTask, 'theirs'],
  ] as const) {
    for (const stream of ['STDOUT', 'STDERR'] as const) world.log(sandbox, stream, `${who} in ${stream}`);
    world.write(sandbox, 'out.log', `${who} in a file\n`);
  }
});
afterAll(() => world.stop());
afterEach(() => void vi.useRealTimers());

const run = runOf(app);
const container = `framework/${app.framework}/executor/${app.executor}/container/${app.container}`;

/** Every route, and what it says of the task that its token is for; follows stay open. */
const routes: readonly (readonly [path: string, says: string | undefined])[] = [
  ['/v1/range/', 'mine in STDOUT'],
  ['/v1/range/download', undefined],
  [`/v1/range/${container}`, 'mine in STDOUT'],
  [`/v1/range/${container}/download`, undefined],
  ['/v1/stream/', 'mine in STDOUT'],
  [`/v1/stream/${container}`, 'mine in STDOUT'],
  ['/v1/fields/CONTAINER_ID', 'c1'],
  ['/v2/component', 'mine in STDOUT'],
  ['/v2/component/sshd.service', undefined],
  [`${run}/stdout`, 'mine in STDOUT'],
  [`${run}/stderr`, 'mine in STDERR'],
  [`${run}/out.log`, 'mine in a file'],
  [`${run}/out.log/download`, 'mine in a file'],
  [`${run}/files/browse`, 'out.log'],
  ['/v3/entries', 'mine in STDOUT'],
  ['/v3/follow', 'mine in STDOUT'],
  ['/v3/context', undefined],
  ['/v3/fields/CONTAINER_ID', 'c1'],
  ['/v3/histogram', undefined],
  ['/v3/boots', undefined],
];

/** What an attacker may add to a path: none of it is part of what was signed. */
const queries = [
  '',
  '?skip_prev=100',
  '?filter=CONTAINER_ID:root.child',
  '?filter=CONTAINER_ID:c1&filter=CONTAINER_ID:root.child',
  '?scope=node&read=node&token=x',
  '?limit=all&since=@0',
  '?filter=!CONTAINER_ID:c1',
  '?cursor=BEG&limit=100',
  '?file=../../../../etc/passwd&path=/etc/passwd',
];

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The answer with a token as it is; a follow is read until it says what is waited for, or says that it has nothing. */
async function ask(token: string, path: string, method = 'GET', awaited = 'mine'): Promise<Answer> {
  const leave = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${world.port}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    signal: leave.signal,
  });
  let text = '';
  const follows = /\/(stream|follow)/.test(path) && answer.status === 200;
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (follows && text.includes(awaited)) break;
  }
  leave.abort();
  return { status: answer.status, text };
}

const captured = (path: string, more: object = {}): Promise<string> =>
  world.signer.sign({ path, scope: scopeOf(app), ...more });

describe('a gateway token that was captured', () => {
  test.each(routes)('reads at %s its task alone, whatever is asked with it', async (path, says) => {
    const token = await captured(path);
    const first = await ask(token, path);
    if (path !== '/v3/context') expect([200, 204]).toContain(first.status);
    if (says !== undefined) expect(first.text).toContain(says);
    // A follow that finds nothing says nothing: those that find something are enough.
    for (const query of queries.filter((text) => !/stream|follow/.test(path) || !/root|!|BEG/.test(text))) {
      const { status, text } = await ask(token, path + query);
      expect(status).toBeLessThan(500);
      expect(text).not.toMatch(/theirs|root\.child/);
    }
  });

  test('is of no use at any other route, for any other sandbox, or with another method', async () => {
    const paths = [...routes.map(([path]) => path), `${runOf(podTask)}/out.log`, `${runOf(podTask)}/files/browse`];
    for (const [path] of routes) {
      const token = await captured(path);
      for (const other of paths.filter((candidate) => candidate !== path)) {
        expect([path, other, (await ask(token, other)).status]).toEqual([path, other, 401]);
      }
      for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) {
        expect([401, 404, 405]).toContain((await ask(token, path, method)).status);
      }
    }
  });

  test('is of no use at another agent', async () => {
    for (const [path] of routes) {
      expect((await ask(await captured(path, { audience: 'S1' }), path)).status).toBe(401);
    }
  });

  test('shows no sandbox beside those it names, though its path were signed', async () => {
    for (const rest of ['out.log', 'stdout', 'files/browse', 'out.log/download']) {
      const path = `${runOf(podTask)}/${rest}`;
      const { status, text } = await ask(await captured(path), path);
      expect(status).toBe(403);
      expect(text).not.toContain('theirs');
    }
  });

  test('is taken for 45 s by the node’s clock, and never 60 s after it was signed', async () => {
    const signed = Math.floor(Date.now() / 1000) * 1000;
    vi.useFakeTimers({ toFake: ['Date'], now: signed });
    const tokens = await Promise.all(routes.map(async ([path]) => [path, await captured(path)] as const));
    const statusesAt = async (nodeClock: number): Promise<number[]> => {
      vi.useFakeTimers({ toFake: ['Date'], now: signed + nodeClock * 1000 });
      const statuses = await Promise.all(tokens.map(async ([path, token]) => (await ask(token, path)).status));
      return [...new Set(statuses)].sort();
    };
    expect(await statusesAt(44)).not.toContain(401);
    expect(await statusesAt(46)).toEqual([401]);
    // The clock of the node is ahead or behind, by as much as is tolerated and by more.
    expect(await statusesAt(-14)).not.toContain(401);
    expect(await statusesAt(-16)).toEqual([401]);
    // A minute after it was signed, by a node's clock that is behind by as much as is tolerated.
    expect(await statusesAt(60 - 15)).toEqual([401]);
    expect(await statusesAt(3600)).toEqual([401]);
  });

  test('that is untimely is told apart from one that is no gateway’s, and by how much', async () => {
    const late = await world.signer.sign({ path: '/v3/entries', scope: wholeNode, issuedAt: -100, expiresAt: -70 });
    const { status, text } = await ask(late, '/v3/entries');
    expect(status).toBe(401);
    expect(JSON.parse(text)).toMatchObject({
      code: 'gateway-token-untimely',
      detail: expect.stringMatching(/was signed 10[01] s ago; taken is one of the last 45 s/),
    });
    const early = await world.signer.sign({ path: '/v3/entries', scope: wholeNode, issuedAt: 100, expiresAt: 130 });
    expect((await ask(early, '/v3/entries')).text).toMatch(/was signed (100|99) s in the future/);
    const another = await world.signer.sign({ path: '/v3/entries', audience: 'S1', issuedAt: -100, expiresAt: -70 });
    expect((await ask(another, '/v3/entries')).text).toContain('gateway-token-refused');
  });
});
