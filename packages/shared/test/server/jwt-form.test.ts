import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJwtForm } from '../../src/server/jwt-form.ts';

const part = (json: string | Buffer): string => Buffer.from(json).toString('base64url');
const token = (header: string, claims = '{"uid":"alice"}'): string => `${part(header)}.${part(claims)}.c2ln`;
const deep = (levels: number): string => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;

describe('the form of a JWT', () => {
  test('is told with its algorithm and type', () => {
    expect(readJwtForm(token('{"alg":"HS256","typ":"JWT","kid":"k"}'))).toEqual({ alg: 'HS256', typ: 'jwt' });
    expect(readJwtForm(token('{"alg":"EdDSA","typ":"Application/X+JWT"}'))).toEqual({ alg: 'EdDSA', typ: 'x+jwt' });
    expect(readJwtForm(token('{"alg":"EdDSA"}'))).toEqual({ alg: 'EdDSA', typ: undefined });
  });

  test.each([
    ['the same name in different objects', '{"a":{"b":1,"c":{"b":1}},"b":[{"b":1},{"b":2}]}'],
    ['a value that looks like a name', '{"a":"b","b":"\\"b\\":"}'],
    ['a name that JavaScript knows', '{"__proto__":{"uid":"root"},"constructor":1}'],
    ['thirty levels', deep(30)],
  ])('may have %s', (_what, claims) => {
    expect(readJwtForm(token('{"alg":"HS256"}', claims)).alg).toBe('HS256');
  });

  test.each([
    ['two parts', 'YQ.YQ', 'three parts, found 2'],
    ['five parts', 'YQ.YQ.YQ.YQ.YQ', 'three parts, found 5'],
    ['no signature', `${part('{"alg":"HS256"}')}.${part('{}')}.`, 'base64url as the signature'],
    ['padding', `${token('{"alg":"HS256"}')}=`, 'base64url as the signature'],
    ['bits that no byte needs', `${part('{"alg":"HS256"}')}.${part('{}')}.c2m`, 'base64url as the signature'],
    ['base64 that is not for URLs', `${part('{"alg":"HS256"}')}.${part('{}')}.+/+/`, 'base64url as the signature'],
    ['blanks', `${part('{"alg":"HS256"}')}.${part('{}')}.c2 ln`, 'base64url as the signature'],
    ['no JSON', token('alg'), 'JSON in UTF-8 as the header'],
    ['bytes that are not UTF-8', `${part(Buffer.from([0x22, 0xff, 0x22]))}.e30.c2ln`, 'JSON in UTF-8 as the header'],
    ['a byte order mark', token('\ufeff{"alg":"HS256"}'), 'JSON in UTF-8 as the header'],
    ['a list as claims', token('{"alg":"HS256"}', '[]'), 'JSON object as the claims'],
    ['a text as claims', token('{"alg":"HS256"}', '"e30.e30.e30"'), 'JSON object as the claims'],
    ['no alg', token('{}'), 'a text as alg'],
    ['a list as alg', token('{"alg":["HS256"]}'), 'a text as alg'],
    ['a list as kid', token('{"alg":"HS256","kid":["a"]}'), 'a text as kid'],
    ['a number as typ', token('{"alg":"HS256","typ":1}'), 'a text as typ'],
    ['alg twice', token('{"alg":"none","alg":"HS256"}'), 'each name once in the header'],
    ['a claim twice', token('{"alg":"HS256"}', '{"uid":"a","uid":"b"}'), 'each name once in the claims'],
    ['a claim twice, once in escapes', token('{"alg":"HS256"}', '{"uid":"a","\\u0075id":"b"}'), 'each name once'],
    ['a claim of a claim twice', token('{"alg":"HS256"}', '{"a":[{"b":1,"b":2}]}'), 'each name once'],
    ['ten thousand levels', token('{"alg":"HS256"}', deep(10_000)), 'at most 32 levels'],
  ])('is refused with %s', (_what, text, reason) => {
    expect(() => readJwtForm(text)).toThrow(reason);
  });

  test('finds no name twice in any JSON that JSON.stringify writes', () => {
    const value = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 5 });
    fc.assert(
      fc.property(value, (claims) => {
        expect(readJwtForm(token('{"alg":"HS256"}', JSON.stringify(claims)))).toBeDefined();
      }),
    );
  });
});
