import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { viewOf } from '../../src/address/view.ts';
import type { Entry } from '../../src/api/entry.ts';
import { curlCommand } from '../../src/keep/curl-command.ts';
import { entryText } from '../../src/keep/entry-text.ts';
import { fileName } from '../../src/keep/file-name.ts';
import { journalctlCommands } from '../../src/keep/journalctl-command.ts';
import { targetOfEntry, targetsOfTasks } from '../../src/keep/journalctl-targets.ts';
import { shellQuoted } from '../../src/keep/shell.ts';

const now = Date.UTC(2026, 10, 21, 15);

describe('words of a shell', () => {
  it('are read by it as they were', () => {
    const words = fc.sample(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
      200,
    );
    const command = `printf '%s\\0' ${[...words, "it's", '$HOME `x`', ''].map(shellQuoted).join(' ')}`;
    const read = execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' });
    expect(read.split('\0').slice(0, -1)).toEqual([...words, "it's", '$HOME `x`', '']);
  });
});

describe('a command of curl', () => {
  it('asks what is shown, with a variable for the token', () => {
    const parameters = new URLSearchParams([
      ['service', '/web'],
      ['grep', "it's $5"],
      ['limit', 'all'],
    ]);
    expect(curlCommand('https://logs.example', parameters)).toBe(
      [
        'curl -sSG -H "Authorization: Bearer $TOKEN" https://logs.example/system/v1/logs/v3/entries \\',
        '  --data-urlencode service=/web \\',
        `  --data-urlencode 'grep=it'\\''s $5' \\`,
        '  --data-urlencode limit=all',
      ].join('\n'),
    );
  });
});

describe('commands of journalctl', () => {
  it('say on which node what is asked, and what cannot be', () => {
    const view = viewOf(
      '?service=/web&filter=_UID:0&filter=!TAG:x&grep=a&grep=b|c&grep=UNIT~z&priority=err&stream=stderr&boot=-1&since=-1h',
    );
    const tasks = [
      { agent: 'S1', host: 'node-1', framework: 'f', executor: 'web.1', container: 'c1' },
      { agent: 'S1', host: 'node-1', framework: 'f', executor: 'web.2', container: 'c2' },
      { agent: 'S2', framework: 'f', executor: 'web.3', container: 'c3' },
    ];
    const options = "-a --since @1795269600.000000 -b -1 -p err -g '(?=[\\s\\S]*(?:a))(?=[\\s\\S]*(?:b|c))'";
    const rest = '_UID=0 STREAM=STDERR';
    expect(journalctlCommands(view, targetsOfTasks(tasks), now).split('\n')).toEqual([
      '# not asked of journalctl, which cannot: UNIT~z',
      '# not asked of journalctl, which cannot: TAG!=x',
      '# on node-1',
      `journalctl ${options} FRAMEWORK_ID=f EXECUTOR_ID=web.1 CONTAINER_ID=c1 ${rest} + FRAMEWORK_ID=f EXECUTOR_ID=web.2 CONTAINER_ID=c2 ${rest}`,
      '# on S2',
      `journalctl ${options} FRAMEWORK_ID=f EXECUTOR_ID=web.3 CONTAINER_ID=c3 ${rest}`,
    ]);
  });

  it('are of units and of the kernel, too', () => {
    const view = viewOf('?component=ssh.service&kernel=true&identifier=a%20b&grep=x');
    expect(journalctlCommands(view, [{ host: 'n', matches: [] }], now)).toBe(
      "# on n\njournalctl -a -u ssh.service -t 'a b' -g x _TRANSPORT=kernel",
    );
  });
});

describe('an entry', () => {
  const entry: Entry = {
    cursor: 'c',
    source: { agent: 'S1', host: 'node-1', task: 'web.1' },
    fields: { MESSAGE: 'one\ntwo\n', _PID: '7', FRAMEWORK_ID: 'f', EXECUTOR_ID: 'web.1', CONTAINER_ID: 'c1' },
    realtime_timestamp: 1_795_269_600_000_001,
    monotonic_timestamp: 1,
    boot_id: 'b',
  };

  it('is copied as text as the API writes it', () => {
    expect(entryText(entry)).toBe('2026-11-21T14:00:00.000001Z node-1 web.1[7]: one\n    two');
  });

  it('is found on its node by what its writer is known by', () => {
    expect(targetOfEntry(entry)).toEqual({
      host: 'node-1',
      matches: [['_BOOT_ID=b', 'FRAMEWORK_ID=f', 'EXECUTOR_ID=web.1', 'CONTAINER_ID=c1']],
    });
  });
});

describe('a file', () => {
  it('is named by what is in it, harmlessly', () => {
    expect(fileName({ service: ['/web/front end'] }, 'text', true, now)).toBe('web-front-end-20261121T150000Z.log.gz');
    expect(fileName({}, 'ndjson', false, now)).toBe('cluster-20261121T150000Z.ndjson');
    expect(fileName({ task: ['../..'] }, 'export', false, now)).toBe('log-20261121T150000Z.export');
  });
});
