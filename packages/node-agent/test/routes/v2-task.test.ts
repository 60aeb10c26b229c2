import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '@clusterlog/shared';
import type { SandboxAddress } from '@clusterlog/test/dev-cluster/mesos-agent';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { app, eventsOf, podTask, runOf, scopeOf, TaskWorld } from './task-world.ts';

let world: TaskWorld;
beforeAll(async () => {
  world = await TaskWorld.start();
});
afterAll(() => world.stop());

describe('a file of a sandbox', () => {
  beforeAll(() => {
    world.write(app, 'stdout', 'one\ntwo\nthree\nfour\nfive\n');
  });

  it.each([
    ['', 'one\ntwo\nthree\nfour\nfive\n'],
    ['?skip=2', 'three\nfour\nfive\n'],
    ['?cursor=END&skip=-2', 'four\nfive\n'],
    ['?skip=3&limit=1', 'four\n'],
    ['?cursor=7&skip=1', 'four\nfive\n'],
    ['?cursor=7&skip=-1&limit=1', 'two\n'],
    ['?cursor=END&skip=-5', 'one\ntwo\nthree\nfour\nfive\n'],
    ['?cursor=END&skip=-50', 'one\ntwo\nthree\nfour\nfive\n'],
    ['?cursor=END', ''],
    ['?cursor=BEG&limit=1', 'one\n'],
    ['?cursor=5', 'wo\nthree\nfour\nfive\n'],
    ['?cursor=1000', ''],
    ['?skip=-2', 'one\ntwo\nthree\nfour\nfive\n'],
    ['?limit=0', 'one\ntwo\nthree\nfour\nfive\n'],
    ['?limit=-3', 'one\ntwo\nthree\nfour\nfive\n'],
    ['?filter=A:b&limit=2', 'one\ntwo\n'],
  ])('answers %s as dcos-log does', async (query, expected) => {
    const answer = await world.ask(app, `stdout${query}`);
    expect([answer.status, await answer.text()]).toEqual([200, expected]);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

const lineAt = async (rest: string, asking?: Parameters<TaskWorld['ask']>[2]) => {
  const answer = await world.ask(app, rest, asking);
  return { status: answer.status, text: await answer.text() };
};

describe('the lines of a file', () => {
  it('are all there, blank ones too, and a last one that nothing has ended', async () => {
    world.write(app, 'stdout', '\na\n\n\nb\n\n$ ');
    expect(await world.read(app, 'stdout')).toEqual(Buffer.from('\na\n\n\nb\n\n$ \n'));
    expect(await world.read(app, 'stdout?cursor=END&skip=-3')).toEqual(Buffer.from('b\n\n$ \n'));
    expect(await world.read(app, 'stdout?cursor=9&limit=1')).toEqual(Buffer.from(' \n'));
  });

  it('are whole and counted right over any number of reads', async () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => `line ${at} ${'é'.repeat(at % 9)}`);
    const long = 'x'.repeat(300_000);
    world.write(app, 'stdout', `${lines.join('\n')}\n${long}\n`);
    expect((await world.read(app, 'stdout')).equals(Buffer.from(`${lines.join('\n')}\n${long}\n`))).toBe(true);
    const last = await world.read(app, 'stdout?cursor=END&skip=-5001');
    expect(last.equals(Buffer.from(`${lines.slice(-5000).join('\n')}\n${long}\n`))).toBe(true);
  });

  it('are the file’s own bytes, whatever they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 2560 }, (_, at) => (at * 7) & 0xff));
    world.write(app, 'stdout', Buffer.concat([bytes, Buffer.from('\n')]));
    expect(await world.read(app, 'stdout')).toEqual(Buffer.concat([bytes, Buffer.from('\n')]));
  });

  it('are asked of the Mesos agent by the path that it knows, ids escaped', async () => {
    const odd = { framework: 'F', executor: 'a b%&?#+é', container: 'c-odd' };
    world.write(odd, 'out put', 'odd\n');
    expect(await world.read(odd, 'out%20put')).toEqual(Buffer.from('odd\n'));
  });

  it('of HTML are text', async () => {
    world.write(app, 'stdout', '<html><script>alert(1)</script>\n');
    const { headers } = await world.ask(app, 'stdout');
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['cursor=abc', 'unable to parse cursor parameter. abc not an integer\n'],
    ['skip=x', 'unable to parse skip parameter. x not an integer\n'],
    ['limit=1.5', 'unable to parse limit parameter. 1.5 not an integer\n'],
    ['cursor=-5', 'unable to initialize files API reader: invalid offset -5. Must be zero or positive integer\n'],
  ])('cannot be asked for with %s', async (query, text) => {
    expect(await lineAt(`stdout?${query}`)).toEqual({ status: 400, text });
  });

  it('cannot be resumed from what was never an id', async () => {
    expect(await lineAt('stdout', { headers: { 'last-event-id': 'x' } })).toEqual({
      status: 400,
      text: 'unable to parse Last-Event-ID header. x not an integer\n',
    });
  });

  it('go on after Last-Event-ID, which replaces all parameters', async () => {
    world.write(app, 'stdout', 'one\ntwo\nthree\nfour\nfive\n');
    expect(await lineAt('stdout?cursor=END&skip=-1&limit=1', { headers: { 'last-event-id': '7' } })).toEqual({
      status: 200,
      text: 'three\nfour\nfive\n',
    });
  });
});

describe('what is not there', () => {
  it('is 404, and 204 for who asks for its end, as the CLI does', async () => {
    expect(await lineAt('nope')).toEqual({ status: 404, text: 'File not found\n' });
    expect(await lineAt('nope?cursor=END&skip=-10')).toEqual({ status: 204, text: '' });
    expect(await lineAt('nope?skip=-10')).toEqual({ status: 204, text: '' });
    expect(await lineAt('nope/download')).toEqual({ status: 404, text: 'File not found\n' });
    const other = { ...app, container: 'c-unknown' };
    expect((await world.ask(other, 'files/browse')).status).toBe(404);
  });

  it('is an empty answer when the file is empty', async () => {
    world.write({ ...app, container: 'c-empty' }, 'stdout', '');
    const answer = await world.ask({ ...app, container: 'c-empty' }, 'stdout');
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '0', '']);
  });

  it('is no route: a slash at the end, a folder in between, no file', async () => {
    for (const rest of ['stdout/', 'a%2Fb', 'a/b', '', '..', '%2e%2e', '.', '..%2f..%2fstdout', 'a%00b']) {
      expect(await world.statusOf(`${runOf(app)}/${rest}`, scopeOf(app)), rest).toBe(404);
    }
  });

  it('is 400 when it is a folder', async () => {
    world.mesos.sandbox({ ...app, container: 'c1.child' });
    expect(await lineAt('containers')).toEqual({ status: 400, text: 'Cannot read a directory.\n' });
  });
});

describe('a sandbox', () => {
  it('is listed as dcos-log does, its modification times whole seconds', async () => {
    const sandbox = { ...app, container: 'c-list' };
    world.write(sandbox, 'stderr', 'e\n');
    world.write(sandbox, 'stdout', '1234567890');
    const answer = await world.ask(sandbox, 'files/browse');
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const text = await answer.text();
    expect(text).toMatch(/^\[.*\]\n$/);
    const root = join(world.directory, 'work/slaves/S0/frameworks/F/executors/app.1/runs/c-list');
    expect(JSON.parse(text)).toEqual([
      {
        gid: 'root',
        mode: '-rw-r--r--',
        mtime: expect.any(Number),
        nlink: 1,
        path: `${root}/stderr`,
        size: 2,
        uid: 'root',
      },
      {
        gid: 'root',
        mode: '-rw-r--r--',
        mtime: expect.any(Number),
        nlink: 1,
        path: `${root}/stdout`,
        size: 10,
        uid: 'root',
      },
    ]);
    expect(text).not.toContain('.0,');
  });

  it('gives files as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 31) & 0xff));
    world.write(app, 'core.dump', bytes);
    world.write(app, 'page.html', '<script>');
    const answer = await world.ask(app, 'core.dump/download');
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename=core.dump');
    expect(answer.headers.get('content-length')).toBe('200000');
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await world.ask(app, 'page.html/download')).headers.get('content-type')).toBe('application/octet-stream');
  });

  it('of a pod’s task is read by the path of its task', async () => {
    world.write(podTask, 'stdout', 'from the pod\n');
    expect(await world.read(podTask, 'stdout')).toEqual(Buffer.from('from the pod\n'));
    expect(await world.read(podTask, 'stdout/download')).toEqual(Buffer.from('from the pod\n'));
    const listed = (await (await world.ask(podTask, 'files/browse')).json()) as { path: string }[];
    expect(listed.map(({ path }) => path)).toEqual([
      join(world.directory, 'work/slaves/S0/frameworks/F/executors/instance-pod.1/runs/root/tasks/pod.1.web/stdout'),
    ]);
  });
});

describe('the scope of a request', () => {
  const none = { ...scopeOf(app), files: [] };
  const refused = async (sandbox: SandboxAddress, rest: string, scope: Scope) =>
    expect((await world.ask(sandbox, rest, { scope })).status, rest).toBe(403);

  it('must list the sandbox, by framework, executor and container', async () => {
    world.write(app, 'stdout', 'one\n');
    for (const rest of ['stdout', 'stdout/download', 'files/browse']) {
      await refused(app, rest, none);
      await refused(app, rest, { ...none, read: 'node' });
      for (const part of ['framework', 'executor', 'container'] as const) {
        await refused(app, rest, scopeOf({ ...app, [part]: 'other' }));
      }
      expect((await world.ask(app, rest)).status).toBe(200);
    }
  });

  it('that lists one container of a pod gives no other, whatever task is named', async () => {
    const sibling = { ...podTask, container: 'root.sibling', task: 'pod.1.side' };
    world.write(podTask, 'stdout', 'web\n');
    world.write(sibling, 'stdout', 'side\n');
    expect(await world.read(sibling, 'stdout', { scope: scopeOf(podTask) })).toEqual(Buffer.from('web\n'));
    const { task: _, ...executor } = podTask;
    for (const rest of ['stdout', 'files/browse', 'tasks']) await refused(executor, rest, scopeOf(podTask));
    await refused({ ...podTask, container: 'other' }, 'stdout', scopeOf(podTask));
  });

  it('that lists a pod’s executor gives the files of all its tasks', async () => {
    world.write(podTask, 'stdout', 'web\n');
    const executor = { framework: podTask.framework, executor: podTask.executor, container: 'root' };
    expect(await world.read(podTask, 'stdout', { scope: scopeOf(executor) })).toEqual(Buffer.from('web\n'));
  });

  it('cannot be left by a container’s or task’s name', async () => {
    world.write(app, 'stdout', 'one\n');
    for (const name of ['..', '.', 'c1.%2e%2e', 'c1..', '..%2fc1']) {
      const path = `/v2/task/frameworks/F/executors/app.1/runs/${name}`;
      for (const scope of [scopeOf(app), scopeOf({ ...app, container: decodeURIComponent(name) })]) {
        for (const rest of ['stdout', 'tasks/../../stdout', 'tasks/../stdout', 'tasks/%2e%2e/stdout']) {
          expect([403, 404], rest).toContain(await world.statusOf(`${path}/${rest}`, scope));
        }
      }
    }
    const outside = world.mesos.requests.filter((line) => decodeURIComponent(line).includes('/../'));
    expect(outside).toEqual([]);
  });

  it('that withholds messages gives no file, and does not tell which there are', async () => {
    for (const rest of ['stdout', 'stdout/download', 'files/browse']) {
      await refused(app, rest, { ...scopeOf(app), withhold: [{ field: 'MESSAGE', pattern: 'password' }] });
    }
  });

  it('that withholds fields which stand in no file gives files', async () => {
    const scope = { ...scopeOf(app), withhold: [{ field: '_CMDLINE' }] };
    expect((await world.ask(app, 'stdout', { scope })).status).toBe(200);
  });

  it('does not reach through a link out of the sandbox', async () => {
    const link = join(world.mesos.sandbox(app), 'passwd');
    symlinkSync('/etc/passwd', link);
    const { status, text } = await lineAt('passwd');
    expect([status, text]).toEqual([400, 'the file is inaccessible.\n']);
    rmSync(link);
  });
});

describe('output that is in the journal', () => {
  const inJournal = { framework: 'F', executor: 'logged.1', container: 'c-journal' };
  const cursors: string[] = [];
  beforeAll(() => {
    for (const message of ['j1', 'j2', 'j3']) cursors.push(world.log(inJournal, 'STDOUT', message));
    world.log(inJournal, 'STDERR', 'e1');
    cursors.push(world.log(inJournal, 'STDOUT', 'j4'));
    world.log({ ...inJournal, container: 'other' }, 'STDOUT', 'not ours');
  });
  const lines = async (rest: string, asking?: Parameters<TaskWorld['ask']>[2]) => {
    const answer = await world.ask(inJournal, rest, asking);
    return { status: answer.status, text: await answer.text() };
  };
  const quoted = (at: number) => encodeURIComponent(cursors[at] ?? '');

  it.each<[string, () => string, string]>([
    ['all', () => 'stdout', 'j1\nj2\nj3\nj4\n'],
    ['the other output', () => 'stderr', 'e1\n'],
    ['the last entries', () => 'stdout?cursor=END&skip=-2', 'j3\nj4\n'],
    ['nothing behind the end', () => 'stdout?cursor=END', ''],
    ['but the first ones', () => 'stdout?cursor=BEG&skip=3', 'j4\n'],
    ['some', () => 'stdout?skip=1&limit=2', 'j2\nj3\n'],
    ['those after a cursor', () => `stdout?cursor=${quoted(1)}`, 'j3\nj4\n'],
    ['those from before a cursor', () => `stdout?cursor=${quoted(1)}&skip=-1&limit=1`, 'j2\n'],
    ['as a file', () => 'stdout/download', 'j1\nj2\nj3\nj4\n'],
  ])('is read under the same paths: %s', async (_case, rest, text) => {
    expect(await lines(rest())).toEqual({ status: 200, text });
  });

  it('has no byte offsets, and says so', async () => {
    const { status, text } = await lines('stdout?cursor=12');
    expect(status).toBe(400);
    expect(text).toContain('12 is a byte offset, but this output is in the journal');
    expect(await lines('stdout?cursor=0&limit=1')).toEqual({ status: 200, text: 'j1\n' });
  });

  it('is taken also when the file is there and empty, and not when it has something', async () => {
    world.write(inJournal, 'stdout', '');
    expect(await lines('stdout?limit=1')).toEqual({ status: 200, text: 'j1\n' });
    const path = world.write(inJournal, 'stdout', 'in the file\n');
    expect(await lines('stdout')).toEqual({ status: 200, text: 'in the file\n' });
    // Who has read the journal goes on there.
    expect(await lines('stdout', { headers: { 'last-event-id': cursors[2] ?? '' } })).toEqual({
      status: 200,
      text: 'j4\n',
    });
    rmSync(path);
  });

  it('is given while the Mesos agent is away, but for offsets in a file that there may be', async () => {
    world.write(inJournal, 'stdout', 'in the file\n');
    await world.mesos.stop();
    try {
      expect(await lines('stdout?cursor=END&skip=-1')).toEqual({ status: 200, text: 'j4\n' });
      expect(await lines('stdout/download')).toEqual({ status: 200, text: 'j1\nj2\nj3\nj4\n' });
      const statusOf = async (rest: string, headers = {}) => (await lines(rest, { headers })).status;
      expect(await statusOf('stdout?cursor=4')).toBe(502);
      expect(await statusOf('stdout', { 'last-event-id': '4' })).toBe(502);
      expect(await statusOf('other.log')).toBe(502);
      expect((await world.ask(app, 'stdout')).status).toBe(502);
    } finally {
      await world.mesos.start();
    }
    expect(await lines('stdout')).toEqual({ status: 200, text: 'in the file\n' });
    rmSync(world.write(inJournal, 'stdout', ''));
  });

  it('is not given in place of a file that the Mesos agent refuses to show', async () => {
    world.mesos.status = 403;
    try {
      expect((await lines('stdout')).status).toBe(502);
      expect((await lines('stdout', { extra: { mesosAuthorization: 'token=x' } })).status).toBe(403);
    } finally {
      world.mesos.status = undefined;
    }
  });

  it('is only that of stdout and stderr', async () => {
    expect(await lines('other.log')).toEqual({ status: 404, text: 'File not found\n' });
  });

  it('is followed with journal cursors as ids, and resumed by them', async () => {
    const headers = { accept: 'text/event-stream' };
    const seen: unknown[] = [];
    for await (const { id, data } of eventsOf(await world.ask(inJournal, 'stdout?cursor=END&skip=-1', { headers }))) {
      if (data === undefined) continue;
      const { fields, cursor } = JSON.parse(data) as { fields: { MESSAGE: string }; cursor: string };
      expect(cursor).toBe(id);
      seen.push(fields.MESSAGE);
      if (seen.length === 2) break;
      expect(id).toBe(cursors[3]);
      world.log(inJournal, 'STDERR', 'e2');
      world.log(inJournal, 'STDOUT', 'j5');
    }
    expect(seen).toEqual(['j4', 'j5']);
    const resumed = await world.ask(inJournal, 'stdout?cursor=END&skip=-10', {
      headers: { ...headers, 'last-event-id': cursors[3] ?? '' },
    });
    for await (const { data } of eventsOf(resumed)) {
      expect(data).toContain('"MESSAGE":"j5"');
      break;
    }
  });

  it('is shown without what is withheld of messages, although there is a file that would not be', async () => {
    const withheld = (pattern?: string): Scope => ({
      ...scopeOf(inJournal),
      withhold: [{ field: 'MESSAGE', ...(pattern === undefined ? {} : { pattern }) }],
    });
    const path = world.write(inJournal, 'stdout', 'in the file\n');
    const scope = withheld('2');
    expect(await lines('stdout?limit=2', { scope })).toEqual({ status: 200, text: 'j1\nj[withheld]\n' });
    expect((await lines('stdout/download', { scope })).text).toMatch(/^j1\nj\[withheld\]\nj3\n/);
    for (const rest of ['other.log', 'files/browse']) expect((await lines(rest, { scope })).status).toBe(403);
    const resumed = { accept: 'text/event-stream', 'last-event-id': '4' };
    expect((await lines('stdout', { scope, headers: resumed })).status).toBe(403);
    expect((await lines('stdout', { scope: withheld() })).status).toBe(403);
    rmSync(path);
  });

  it('is outside of a scope that does not read it', async () => {
    const scope = { ...scopeOf(inJournal), read: [] };
    expect(await lines('stdout', { scope })).toEqual({ status: 404, text: 'File not found\n' });
  });

  it('is that of a pod’s own container', async () => {
    const pod = { framework: 'F', executor: 'pod-j', container: 'root-j.web', task: 'pod-j.web' };
    world.log(pod, 'STDOUT', 'from the web container');
    world.log({ ...pod, container: 'root-j.side' }, 'STDOUT', 'from another');
    expect(await world.read(pod, 'stdout')).toEqual(Buffer.from('from the web container\n'));
  });
});

describe('a followed file', () => {
  const headers = { accept: 'text/event-stream' };

  it('gives what there is and what comes, each with the offset of its end', async () => {
    const path = world.write(app, 'stdout', 'one\n\nthr');
    const answer = await world.ask(app, 'stdout?limit=1', { headers });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    const raw: string[] = [];
    for await (const event of eventsOf(answer)) {
      raw.push(event.raw);
      if (raw.length === 2) world.append(path, 'ee <&>\n');
      if (raw.length === 3) break;
    }
    const data = (message: string) =>
      `data: {"fields":{"AGENT_ID":"S0","CONTAINER_ID":"c1","EXECUTOR_ID":"app.1","FILE":"stdout","FRAMEWORK_ID":"F","MESSAGE":"${message}"}}\n\n`;
    expect(raw).toEqual([
      `id: 3\n${data('one')}`,
      `id: 4\n${data('')}`,
      `id: 14\n${data('three \\u003c\\u0026\\u003e')}`,
    ]);
  });

  it('goes on after Last-Event-ID, a blank first line too', async () => {
    world.write(app, 'stdout', '\na\nb\n');
    const after = async (id: string) => {
      const answer = await world.ask(app, 'stdout', { headers: { ...headers, 'last-event-id': id } });
      for await (const event of eventsOf(answer)) return event.id;
      return undefined;
    };
    expect([await after('0'), await after('2')]).toEqual(['2', '4']);
  });

  it('is read on from its beginning when it was cut', async () => {
    const path = world.write(app, 'stdout', 'before the rotation\n');
    const seen: string[] = [];
    for await (const { data } of eventsOf(await world.ask(app, 'stdout', { headers }))) {
      seen.push((JSON.parse(data ?? '') as { fields: { MESSAGE: string } }).fields.MESSAGE);
      if (seen.length === 1) writeFileSync(path, 'after\n');
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['before the rotation', 'after']);
  });

  it('gives no event that the CLI could not read, however long the line', async () => {
    const text = '"'.repeat(100_000);
    world.write(app, 'stdout', `${text}\nnext\n`);
    const events: string[] = [];
    for await (const { raw } of eventsOf(await world.ask(app, 'stdout', { headers }))) {
      events.push(raw);
      if (events.length === 2) break;
    }
    expect(Buffer.byteLength(events[0] ?? '')).toBeLessThan(65_536);
    expect(Buffer.byteLength(events[0] ?? '')).toBeGreaterThan(65_000);
    const [, missing] = /… \[(\d+) bytes more\]"}}\n\n$/.exec(events[0] ?? '') ?? [];
    const shown = (JSON.parse(/data: (.*)\n/.exec(events[0] ?? '')?.[1] ?? '') as { fields: { MESSAGE: string } })
      .fields.MESSAGE;
    expect(shown.indexOf('…') + Number(missing)).toBe(100_000);
    expect(events[1]).toContain('id: 100005\n');
  });

  it.each(['file', 'journal'] as const)('that is not there yet waits, and is then the %s', async (where) => {
    const task = { framework: 'F', executor: 'late', container: `c-late-${where}` };
    const answer = await world.ask(task, 'stdout?cursor=END&skip=-10', { headers });
    expect(answer.status).toBe(200);
    for await (const { data } of eventsOf(answer)) {
      if (data === undefined) {
        if (where === 'file') world.write(task, 'stdout', 'at last\n');
        else world.log(task, 'STDOUT', 'at last');
        continue;
      }
      expect(data).toContain('"MESSAGE":"at last"');
      break;
    }
  });
});
