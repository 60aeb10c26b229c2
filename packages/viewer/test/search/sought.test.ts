import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/api/entry.ts';
import { jsonMessage } from '../../src/log/json-message.ts';
import { severityOf } from '../../src/log/severity.ts';
import { questionsFor } from '../../src/search/sought.ts';

const everything = { scope: {}, filters: {} };

describe('a hit', () => {
  it('is what is looked for within the filters, or what they leave', () => {
    expect(questionsFor({ ...everything, filters: { grep: ['a'] }, find: 'b' }, 'hit').map(String)).toEqual([
      'grep=a&grep=b',
    ]);
    expect(questionsFor({ ...everything, filters: { grep: ['a'] }, since: '-1h' }, 'hit').map(String)).toEqual([
      'grep=a&since=-1h',
    ]);
    expect(questionsFor(everything, 'hit')).toEqual([]);
  });
});

describe('an error', () => {
  it('is one by its priority, or by its message where it has none', () => {
    const [byPriority, byMessage] = questionsFor({ ...everything, scope: { service: ['/web'] } }, 'error');
    expect(String(byPriority)).toBe('service=%2Fweb&priority=0..3');
    expect(byMessage?.getAll('filter')).toEqual(['!PRIORITY:4', '!PRIORITY:5', '!PRIORITY:6', '!PRIORITY:7']);
  });

  it('is looked for among the priorities that are shown', () => {
    expect(questionsFor({ ...everything, filters: { priority: ['crit'] } }, 'error').map(String)).toEqual([
      'priority=0..2',
    ]);
    expect(questionsFor({ ...everything, filters: { priority: ['notice..info'] } }, 'error')).toEqual([]);
  });

  it.each([
    '2026-11-21 14:00:00 ERROR something',
    'ERROR: x',
    'an ERROR',
    '[FATAL] x',
    'error in lower case',
    'NOERROR',
    'WARN x',
    `${'x'.repeat(100)} ERROR`,
    '{"level":"error","msg":"x"}',
    '{"level": "Fatal","msg":"x"}',
    '{"severity":"info","msg":"ok"}',
  ])('is what the rows show as one: %s', (message) => {
    const pattern = questionsFor(everything, 'error')[1]?.get('grep') ?? '';
    const entry = { fields: { MESSAGE: message } } as unknown as Entry;
    const level = severityOf(entry, message, jsonMessage(message)?.object)?.level;
    expect(new RegExp(pattern).test(message)).toBe(level !== undefined && level <= 3);
  });
});
