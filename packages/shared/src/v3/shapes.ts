import { Type } from 'typebox';

/** The request headers that API v3 looks at, at agents and at gateways. */
export const V3RequestHeaders = {
  accept: Type.Optional(
    Type.String({
      description:
        'text/plain, application/x-ndjson (or application/json), text/event-stream, application/vnd.fdo.journal, with quality values; a wildcard means text.',
    }),
  ),
  'last-event-id': Type.Optional(
    Type.String({ description: 'A cursor to go on after; replaces the one in the query, and the tail.' }),
  ),
};

/** The boots of one node, the oldest first. */
export const Boots = Type.Array(
  Type.Object({
    index: Type.Integer({ description: '0 for the newest, -1 for the one before.' }),
    boot_id: Type.String(),
    first_entry: Type.Integer({ description: 'µs since 1970.' }),
    last_entry: Type.Integer(),
  }),
);
