import { formatCursor, parseCursor } from '@clusterlog/shared';
import { describe, expect, it } from 'vitest';

const text =
  's=739ad463348b4ceca5a9e69c95a3c93f;i=4ece7;b=6c7c6013a26343b29e964691ff25d04c;m=4fc72436e;t=4c508a72423d9;x=d3e5610681098c10';

describe('a journald cursor', () => {
  it('is printed as it was read', () => {
    const cursor = parseCursor(text);
    expect(cursor && formatCursor(cursor)).toBe(text);
  });

  it.each([
    ['empty', ''],
    ['a part missing', text.replace(/;m=[^;]*/, '')],
    ['parts in another order', text.split(';').reverse().join(';')],
    ['a number of 17 digits', text.replace('i=4ece7', 'i=11111111111111111')],
    ['an id with a stray character', text.replace('s=7', 's=g')],
    ['longer than any cursor', `${text};${'a=1;'.repeat(100)}`],
  ])('is refused when %s', (_case, wrong) => {
    expect(parseCursor(wrong)).toBeUndefined();
  });
});
