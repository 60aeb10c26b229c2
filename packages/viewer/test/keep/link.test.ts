import { describe, expect, it, vi } from 'vitest';
import { addressOf, viewOf } from '../../src/address/view.ts';
import { linkTo } from '../../src/keep/link.ts';

vi.stubGlobal('location', { pathname: '/logs/', search: '' });

describe('an address', () => {
  it('says all that is shown, and is read as the same', () => {
    const address = '/logs/?service=%2Fweb&filter=%21A%3Ab&grep=x+y&since=-1h&until=%402&find=a%5C.b&at=AQ-_';
    expect(addressOf(viewOf(address.slice(address.indexOf('?'))))).toBe(address);
    expect(addressOf(viewOf(''))).toBe('/logs/');
  });
});

describe('a link', () => {
  it('stays true: times are absolute, and it stands at an entry', () => {
    const now = Date.UTC(2026, 10, 21, 15);
    const link = linkTo(viewOf('?task=a&since=-1h&until=-1m&at=old'), 'cursor', 'https://logs.example', now);
    expect(link).toBe(
      'https://logs.example/logs/?task=a&since=%401795269600.000000&until=%401795273140.000000&at=cursor',
    );
    expect(linkTo(viewOf('?at=old'), undefined, 'https://logs.example', now)).toBe('https://logs.example/logs/?at=old');
  });
});
