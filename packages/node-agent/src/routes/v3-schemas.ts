import { Problem } from '@clusterlog/shared';
import { Type } from 'typebox';

export const V3Headers = Type.Object({
  accept: Type.Optional(
    Type.String({
      description:
        'text/plain, application/x-ndjson (or application/json), text/event-stream, application/vnd.fdo.journal, with quality values; a wildcard means text.',
    }),
  ),
  'last-event-id': Type.Optional(
    Type.String({ description: 'A cursor to go on after; replaces the one in the query, and the tail.' }),
  ),
});

export const NoHeaders = Type.Object({});
export const NoParams = Type.Object({});
export const FieldParams = Type.Object({
  field: Type.String({ pattern: '^[A-Z_][A-Z0-9_]{0,63}$', description: 'A journal field, as SYSLOG_IDENTIFIER.' }),
});

const errors = { '4xx': Problem, '5xx': Problem };
const completeness = Type.Union([Type.Literal('exact'), Type.Literal('partial')], {
  description: 'partial: there was time, or room, only for the newest entries or for some of the values.',
});
const value = Type.Union([Type.String(), Type.Object({ base64: Type.String() })], {
  description: 'Text, or base64 where it is no UTF-8.',
});

export const EntriesResponse = {
  200: Type.String({ description: 'Entries in the format that was negotiated.' }),
  ...errors,
};

/** The answer of `/v3/fields/{field}`. */
export const FieldResponse = {
  200: Type.Object({
    field: Type.String(),
    completeness,
    distinct: Type.Integer({ description: 'Values found, shown or not.' }),
    values: Type.Array(Type.Object({ value, entries: Type.Integer() }), { description: 'The most frequent first.' }),
  }),
  ...errors,
};

/** The answer of `/v3/histogram`. Times in µs since 1970. */
export const HistogramResponse = {
  200: Type.Object({
    from: Type.Integer(),
    to: Type.Integer({ description: 'Not included.' }),
    bucket: Type.Integer({ description: 'µs.' }),
    completeness,
    buckets: Type.Array(Type.Array(Type.Integer()), {
      description: 'Nine numbers each: entries of PRIORITY 0 to 7, and those without one.',
    }),
  }),
  ...errors,
};

/** The answer of `/v3/boots`, the oldest first. */
export const BootsResponse = {
  200: Type.Object({
    boots: Type.Array(
      Type.Object({
        index: Type.Integer({ description: '0 for the newest, -1 for the one before.' }),
        boot_id: Type.String(),
        first_entry: Type.Integer({ description: 'µs since 1970.' }),
        last_entry: Type.Integer(),
      }),
    ),
  }),
  ...errors,
};
