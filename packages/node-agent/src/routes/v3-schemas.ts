import { Boots, Problem, V3RequestHeaders } from '@clusterlog/shared';
import { Type } from 'typebox';

export const V3Headers = Type.Object(V3RequestHeaders);

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

/** The answer of `/v3/boots`. */
export const BootsResponse = {
  200: Type.Object({ boots: Boots }),
  ...errors,
};
