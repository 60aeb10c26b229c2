import { Problem } from '@clusterlog/shared';
import { Type } from 'typebox';

export const NoInput = Type.Object({});

export const EntriesQuery = Type.Object(
  {
    follow: Type.Optional(
      Type.Array(Type.String(), { description: 'Stay, and go on with new entries. Alone, or a word for yes or no.' }),
    ),
    discrete: Type.Optional(
      Type.Array(Type.String(), { description: 'Only the entry of the cursor itself, or nothing.' }),
    ),
    boot: Type.Optional(Type.Array(Type.String(), { description: 'Only entries of the running boot.' })),
  },
  {
    additionalProperties: Type.Array(Type.String()),
    description:
      'Any other name is a field: FIELD=value, the same field several times: any of the values; different fields: all.',
  },
);

export const EntriesHeaders = Type.Object({
  accept: Type.Optional(
    Type.String({
      description:
        'application/json, text/event-stream, application/json-seq, application/vnd.fdo.journal; anything else means text.',
    }),
  ),
  range: Type.Optional(
    Type.String({
      description:
        'entries=cursor[[:num_skip]:num_entries] or realtime=[since]:[until][[:num_skip]:num_entries], in seconds since 1970.',
    }),
  ),
});

export const FieldParams = Type.Object({ '*': Type.String({ description: 'The field, as MESSAGE_ID.' }) });
export const FieldHeaders = Type.Object({
  accept: Type.Optional(Type.String({ description: 'application/json; anything else means text.' })),
});

const errors = { '4xx': Problem, '5xx': Problem };

export const EntriesResponse = {
  200: Type.String({ description: 'Entries in the format that Accept chose.' }),
  ...errors,
};
export const FieldsResponse = { 200: Type.String({ description: 'One value a line.' }), ...errors };

export const MachineResponse = { 200: Type.String({ description: 'A JSON object.' }), ...errors };
export const BootsResponse = { 200: Type.String({ description: 'A JSON text sequence, RFC 7464.' }), ...errors };
