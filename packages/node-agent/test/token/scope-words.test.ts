import { wholeNode } from '@clusterlog/shared';
import { describe, expect, it } from 'vitest';
import { scopeWords } from '../../src/token/scope-words.ts';

describe('a scope in an audit line', () => {
  it('is the node, where that is what may be read', () => {
    expect(scopeWords(wholeNode)).toBe('node');
  });

  it('is its first alternative, and how many more there are', () => {
    const task = [
      { field: 'FRAMEWORK_ID', in: ['F1'] },
      { field: 'CONTAINER_ID', in: ['a', 'b'] },
      { field: 'CONTAINER_ID_FULL', present: false },
    ];
    const other = [{ field: '_SYSTEMD_UNIT', notIn: ['x.service'] }];
    expect(scopeWords({ ...wholeNode, read: [task, other, other] })).toBe(
      'FRAMEWORK_ID=F1 AND CONTAINER_ID=a|b AND !CONTAINER_ID_FULL OR 2 more',
    );
    expect(scopeWords({ ...wholeNode, read: [other] })).toBe('_SYSTEMD_UNIT!=x.service');
  });

  it('tells of sandboxes and of what is withheld', () => {
    const files = [{ framework: 'f', executor: 'e', container: 'c' }];
    const withhold = [{ field: 'MESSAGE', pattern: 'secret' }, { field: 'MESSAGE' }];
    expect(scopeWords({ v: 1, read: [], files, withhold })).toBe('no entries; files of 1 sandboxes; without MESSAGE');
  });

  it('is short, whatever it holds', () => {
    const values = Array.from({ length: 1000 }, (_, i) => `container-${i}`);
    const words = scopeWords({ ...wholeNode, read: [[{ field: 'CONTAINER_ID', in: values }]] });
    expect(words).toHaveLength(400);
    expect(words.endsWith('…')).toBe(true);
  });
});
