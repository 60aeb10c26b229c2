import { formatCursor, wholeNode } from '@clusterlog/shared';
import { describe, expect, it } from 'vitest';
import { seekV1 } from '../../src/read/v1-position.ts';
import { planV2, type V2Parameters } from '../../src/read/v2-plan.ts';
import { cursorOfEntry } from '../../src/read/v3-progress.ts';
import { fieldsOf, MemorySource } from './memory-source.ts';

/** m1 to m10 of one component, with entries of another between them. */
function tenEntries(): MemorySource {
  const source = new MemorySource();
  for (let number = 1; number <= 10; number++) {
    source.append([
      ['MESSAGE', `m${number}`],
      ['UNIT', 'a.service'],
    ]);
    if (number % 3 === 0) source.append([['MESSAGE', `other ${number}`]]);
  }
  return source;
}

async function read(source: MemorySource, parameters: V2Parameters, lastEventId?: string): Promise<string> {
  const { match, position, limit } = planV2(parameters, { scope: wholeNode, component: 'a.service', lastEventId });
  const walk = source.walk(match);
  await seekV1(walk, position);
  const messages: string[] = [];
  await walk.read(position.direction, (entry) => {
    messages.push(...fieldsOf(entry).flatMap(([name, value]) => (name === 'MESSAGE' ? [value.toString()] : [])));
    return messages.length < limit;
  });
  return messages.join(' ');
}

function cursorText(source: MemorySource, message: string): string {
  const entry = source.entries.find((one) => fieldsOf(one).some(([, value]) => value.toString() === message));
  if (entry === undefined) throw new Error(`no entry ${message}`);
  return formatCursor(cursorOfEntry(entry));
}

const all = 'm1 m2 m3 m4 m5 m6 m7 m8 m9 m10';

describe('a component is read', () => {
  it.each([
    ['from its first entry', {}, all],
    ['from its first entry with BEG', { cursor: 'BEG' }, all],
    ['from its first entry with skip=0', { skip: '0' }, all],
    ['from its N-th entry with skip=N', { skip: '3', limit: '2' }, 'm3 m4'],
    ['from its last entry with a skip past it', { skip: '30' }, 'm10'],
    ['from N entries before the end with skip=-N', { skip: '-3' }, 'm8 m9 m10'],
    ['from its first entry with a skip past that', { skip: '-100' }, all],
    ['from its last entry with END', { cursor: 'END' }, 'm10'],
    ['from N entries before the end with END and skip=-N', { cursor: 'END', skip: '-3' }, 'm8 m9 m10'],
    ['to the limit', { skip: '-10', limit: '2' }, 'm1 m2'],
  ])('%s', async (_, parameters, messages) => {
    expect(await read(tenEntries(), parameters)).toBe(messages);
  });
});

describe('with the cursor of m5 a component is read', () => {
  it.each([
    ['from after it', {}, 'm6 m7 m8 m9 m10'],
    ['from after it with skip=1', { skip: '1', limit: '1' }, 'm6'],
    ['from N entries after it with skip=N', { skip: '3' }, 'm8 m9 m10'],
    ['from N entries before it with skip=-N, and through it', { skip: '-2', limit: '4' }, 'm3 m4 m5 m6'],
    ['from its first entry with a skip past that', { skip: '-9' }, all],
  ])('%s', async (_, parameters, messages) => {
    const source = tenEntries();
    expect(await read(source, { cursor: encodeURIComponent(cursorText(source, 'm5')), ...parameters })).toBe(messages);
  });

  it('as Last-Event-ID from after it, without a duplicate', async () => {
    const source = tenEntries();
    expect(await read(source, { skip: '-10' }, cursorText(source, 'm5'))).toBe('m6 m7 m8 m9 m10');
  });
});
