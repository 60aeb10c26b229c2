import { type Static, Type } from 'typebox';

/** What is asked of one field: a conjunction's single term. */
export const FieldCondition = Type.Union([
  Type.Object(
    { field: Type.String({ pattern: '^[A-Z_][A-Z0-9_]{0,63}$' }), in: Type.Array(Type.String(), { minItems: 1 }) },
    { additionalProperties: false, description: 'The field has one of these values.' },
  ),
  Type.Object(
    { field: Type.String({ pattern: '^[A-Z_][A-Z0-9_]{0,63}$' }), notIn: Type.Array(Type.String(), { minItems: 1 }) },
    { additionalProperties: false, description: 'The field has none of these values; it may be absent.' },
  ),
  Type.Object(
    { field: Type.String({ pattern: '^[A-Z_][A-Z0-9_]{0,63}$' }), present: Type.Boolean() },
    { additionalProperties: false, description: 'The field is there (true) or is not (false).' },
  ),
]);
export type FieldCondition = Static<typeof FieldCondition>;

/** Conditions that must all hold. Groups of a scope are alternatives; an empty group would read everything, so it is refused. */
export const Group = Type.Array(FieldCondition, { minItems: 1 });
export type Group = Static<typeof Group>;

/** A Mesos sandbox whose files may be read. */
export const Sandbox = Type.Object(
  {
    framework: Type.String({ minLength: 1 }),
    executor: Type.String({ minLength: 1 }),
    container: Type.String({ minLength: 1 }),
  },
  { additionalProperties: false },
);
export type Sandbox = Static<typeof Sandbox>;

/** What is withheld from the answer: a whole field, or what an RE2 pattern finds in a field's value. */
export const WithholdRule = Type.Object(
  { field: Type.String({ pattern: '^[A-Z_][A-Z0-9_]{0,63}$' }), pattern: Type.Optional(Type.String({ minLength: 1 })) },
  { additionalProperties: false },
);
export type WithholdRule = Static<typeof WithholdRule>;

/**
 * What one request may read on one node. Travels in the gateway token and is ANDed under whatever the query asks, so a
 * query narrows what was granted and never widens it.
 *
 * An unknown version or member is refused, never ignored: an older agent must not grant what it does not understand.
 */
export const Scope = Type.Object(
  {
    v: Type.Literal(1),
    read: Type.Union([Type.Literal('node'), Type.Array(Group)], {
      description: '`node`: every entry. Groups: the entries that fit at least one; no group reads nothing.',
    }),
    files: Type.Array(Sandbox),
    withhold: Type.Array(WithholdRule),
  },
  { additionalProperties: false },
);
export type Scope = Static<typeof Scope>;

/**
 * Whether the files of its sandboxes may be seen. A file has what entries have in MESSAGE, whole: where that field or a pattern
 * in it is withheld, there are no files. No other field stands in a file.
 */
export function showsFiles({ withhold }: Pick<Scope, 'withhold'>): boolean {
  return withhold.every(({ field }) => field !== 'MESSAGE');
}

/** Everything in the node's journal, no sandbox files. */
export const wholeNode: Scope = { v: 1, read: 'node', files: [], withhold: [] };

/** Largest scope that travels in one token, in bytes of JSON (both ends accept 64 KiB of headers). */
export const maximumScopeBytes = 32 * 1024;
