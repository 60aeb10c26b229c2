import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { capture } from '@clusterlog/test/fixtures/mesos/captures';
import { Agent } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MesosFiles } from '../../src/files/mesos-files.ts';

const file = { path: '/w/stdout', credential: undefined, asCaller: false };

/** The files API of a Mesos agent that gives one answer to everything. */
async function answering(body: Buffer | string, status = 200): Promise<MesosFiles> {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const dispatcher = new Agent();
  onTestFinished(async () => {
    await dispatcher.destroy();
    server.close();
  });
  return new MesosFiles(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, dispatcher);
}

const captured = (name: string) => answering(capture(`06-agent-files/${name}`));

describe('the answers of a real Mesos agent', () => {
  const whole = capture('06-agent-files/download-unicode.bin');

  it.each([
    ['read-unicode-all.json', 0, 65_536],
    ['read-unicode-midchar.json', 80_000, 11],
    ['read-unicode-midchar2.json', 80_001, 11],
    ['read-unicode-tail.json', 150_000, 100_000],
  ])('are the bytes of the file, characters cut in two and bytes that are none: %s', async (name, offset, length) => {
    const bytes = await (await captured(name)).read(file, offset, length);
    expect(bytes?.equals(whole.subarray(offset, offset + length))).toBe(true);
  });

  it('tell the size when they are asked for the end, and nothing past it', async () => {
    expect(await (await captured('read-stdout-minus1.json')).size(file)).toBe(6624);
    expect(await (await captured('read-stdout-pastend.json')).read(file, 99_999_999, 10)).toEqual(Buffer.alloc(0));
  });

  it('list a folder, and of a file nothing', async () => {
    const listed = await (await captured('browse-pod-task-link.json')).browse(file);
    expect(listed?.map(({ path, size, mtime }) => [path.replace(/.*\//, ''), size, mtime])).toEqual([
      ['stderr', 0, 1_795_254_870],
      ['stdout', 71, 1_795_254_880],
    ]);
    expect(await (await captured('browse-file.json')).browse(file)).toEqual([]);
  });
});

describe('answers that no Mesos agent gives', () => {
  it.each([
    ['HTML', '<html>'],
    ['no data', '{"offset":3}'],
    ['data of another kind', '{"data":7,"offset":3}'],
    ['null', 'null'],
    ['too much', `{"data":"${'x'.repeat(600_000)}","offset":3}`],
  ])('are an error, and not a log: %s', async (_case, body) => {
    await expect((await answering(body)).read(file, 0, 10)).rejects.toMatchObject({ code: 'sandbox-unreachable' });
  });

  it.each(['{}', '[7]', '[{"path":"/a"}]', '[{"path":7,"mtime":1}]'])('are no list: %s', async (body) => {
    await expect((await answering(body)).browse(file)).rejects.toMatchObject({ code: 'sandbox-unreachable' });
  });
});
