import { type Scope, wholeNode } from '@clusterlog/shared';
import { describe, expect, it } from 'vitest';
import { distinctValues, planV1Field } from '../../src/read/distinct-values.ts';
import { QueryError } from '../../src/read/query-error.ts';
import { MemorySource } from './memory-source.ts';

const source = new MemorySource();
source.append([
  ['CONTAINER_ID', 'one'],
  ['STREAM', 'STDOUT'],
]);
source.append([
  ['CONTAINER_ID', 'one'],
  ['STREAM', 'STDERR'],
]);
source.append([
  ['CONTAINER_ID', 'two'],
  ['STREAM', 'a<b'],
]);

async function values(field: string, scope: Scope): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of distinctValues(source, planV1Field(field, scope))) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('the values of a field', () => {
  it("are a JSON array with Go's escapes and no newline", async () => {
    expect(await values('STREAM', wholeNode)).toBe('["STDOUT","STDERR","a\\u003cb"]');
  });

  it('are those inside the scope only', async () => {
    const scope: Scope = { ...wholeNode, read: [[{ field: 'CONTAINER_ID', in: ['one'] }]] };
    expect(await values('STREAM', scope)).toBe('["STDOUT","STDERR"]');
    expect(await values('CONTAINER_ID', scope)).toBe('["one"]');
  });

  it('are none, and no chunk, when the scope has none or the field is withheld', async () => {
    expect(await values('STREAM', { ...wholeNode, read: [] })).toBe('');
    expect(await values('STREAM', { ...wholeNode, withhold: [{ field: 'STREAM' }] })).toBe('');
    expect(await values('AGENT_ID', wholeNode)).toBe('');
  });

  it.each(['MESSAGE', 'stream', '_UID', ''])('are refused for %s', (field) => {
    expect(() => planV1Field(field, wholeNode)).toThrow(
      new QueryError('field-not-allowed', `${field} is not an allowed field`),
    );
  });
});
