import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readMesosCredential } from '../../src/server/mesos-credential.ts';

const directory = mkdtempSync(join(tmpdir(), 'clusterlog-credential-'));
afterAll(() => rmSync(directory, { recursive: true }));

function fileOf(text: string): string {
  const file = join(directory, 'credential');
  writeFileSync(file, text);
  return file;
}

test.each([
  ['token=abc.def.ghi\n', 'token=abc.def.ghi'],
  ['Bearer abc', 'Bearer abc'],
  ['Basic dTpw\r\n', 'Basic dTpw'],
  ['ops secret\n', `Basic ${Buffer.from('ops:secret').toString('base64')}`],
  ['{"principal": "ops", "secret": "s p"}', `Basic ${Buffer.from('ops:s p').toString('base64')}`],
])('a credential file holding %j', (text, header) => {
  expect(readMesosCredential(fileOf(text))).toBe(header);
});

test.each(['', 'alone', 'one two three', '{"principal": 5}', '{', 'token=a\r\nX-Evil: 1'])(
  'a credential file holding %j is refused, and its content not repeated',
  (text) => {
    const file = fileOf(text);
    expect(() => readMesosCredential(file)).toThrow(
      `--mesos-credential-file: expected "token=…", "Bearer …", "Basic …", "principal secret" or {"principal": …, "secret": …} in ${file}`,
    );
  },
);
