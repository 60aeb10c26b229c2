import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergeGapReasons, nodeGapReasons } from '@clusterlog/shared';
import { describe, expect, it } from 'vitest';

describe('docs/api.md', () => {
  it('tells every reason of a gap as the services define it, a node’s own first', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8');
    const rows =
      page
        .split('### Gaps\n')[1]
        ?.split('\n## ')[0]
        ?.matchAll(/^\| `(.+?)` \| (.+) \|$/gm) ?? [];
    const told = [...rows].slice(1).map(([, reason, text]) => [reason, plain(text ?? '')]);
    expect(told).toEqual(
      Object.entries({ ...nodeGapReasons, ...mergeGapReasons }).map(([r, text]) => [r, plain(text)]),
    );
  });
});

/** Without links, and with the page's apostrophes. */
function plain(text: string): string {
  return text.replace(/\[(.+?)\]\(.+?\)/g, '$1').replaceAll('’', "'");
}
