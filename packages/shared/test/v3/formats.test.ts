import { describe, expect, it } from 'vitest';
import { negotiateFormat } from '../../src/v3/formats.ts';

describe('the format of an answer', () => {
  it.each([
    [undefined, 'text'],
    ['*/*', 'text'],
    ['text/*', 'text'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text'],
    ['application/x-ndjson', 'ndjson'],
    ['application/json', 'ndjson'],
    ['application/*', 'ndjson'],
    ['application/json;q=0.5, text/event-stream', 'sse'],
    ['application/json, text/plain, */*', 'ndjson'],
    ['TEXT/EVENT-STREAM', 'sse'],
    ['application/vnd.fdo.journal', 'export'],
    ['application/vnd.clusterlog.lines', 'lines'],
    ['text/plain;q=0, */*', 'ndjson'],
    ['text/plain; charset=utf-8', 'text'],
    ['application/json;charset="UTF-8";q=0.5, text/event-stream;q=0.4', 'ndjson'],
  ])('for Accept: %s is %s', (accept, expected) => {
    expect(negotiateFormat(accept, undefined)).toBe(expected);
  });

  it('is none when Accept takes none of them', () => {
    expect(negotiateFormat('image/png', undefined)).toBeUndefined();
  });

  it('is the one of the parameter, whatever Accept says', () => {
    expect(negotiateFormat('image/png', 'sse')).toBe('sse');
  });
});
