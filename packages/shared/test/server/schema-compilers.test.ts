import { describe, expect, it } from 'vitest';
import { schemaCompilers } from '../../src/server/schema-compilers.ts';

const route = { method: 'GET', url: '/' };
const limit = (maximum: number) => ({ type: 'object', properties: { limit: { type: 'integer', maximum } } });

describe('the compilers of schemas', () => {
  const options = { customOptions: { coerceTypes: 'array' as const } };

  it('make of equal schemas one validator, for whatever server', () => {
    const [first, second] = [0, 1].map(() => schemaCompilers.buildValidator?.({}, options));
    const validate = first?.({ ...route, schema: limit(10), httpPart: 'querystring' });
    expect(second?.({ ...route, schema: limit(10), httpPart: 'querystring' })).toBe(validate);
    expect([validate?.({ limit: '10' }), validate?.({ limit: '11' })]).toEqual([true, false]);
  });

  it('make another one of another schema, or with other options', () => {
    const validate = schemaCompilers.buildValidator?.({}, options)({ ...route, schema: limit(10) });
    expect(schemaCompilers.buildValidator?.({}, options)({ ...route, schema: limit(11) })).not.toBe(validate);
    const strict = schemaCompilers.buildValidator?.({}, { customOptions: { coerceTypes: false } });
    expect(strict?.({ ...route, schema: limit(10) })({ limit: '10' })).toBe(false);
  });

  it('make of equal schemas one serializer', () => {
    const serialize = schemaCompilers.buildSerializer?.({}, {})({ ...route, schema: limit(10), httpStatus: '200' });
    expect(schemaCompilers.buildSerializer?.({}, {})({ ...route, schema: limit(10), httpStatus: '404' })).toBe(
      serialize,
    );
    expect(serialize?.({ limit: 3, more: 1 })).toBe('{"limit":3}');
  });
});
