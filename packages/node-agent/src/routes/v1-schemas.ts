import { Problem } from '@clusterlog/shared';
import { Type } from 'typebox';

/** Of a parameter given several times the first counts, as in dcos-log; so each is read as a list. */
export function firstOf(description: string) {
  return Type.Optional(Type.Array(Type.String(), { description }));
}

export const Filters = Type.Optional(
  Type.Array(Type.String(), {
    description:
      'FIELD:value, split at the first colon. The same field several times: any of the values; different fields: all.',
  }),
);

/** Query parameters of `/v1/range/` and `/v1/stream/`. Their values are checked in dcos-log's order, with its words. */
export const V1Query = Type.Object({
  filter: Filters,
  cursor: firstOf('A journal cursor; reading starts after its entry.'),
  limit: firstOf('At most so many entries; 0, the default, means all. Not on streams.'),
  skip_next: firstOf('Start at the N-th entry, or N entries after the cursor.'),
  skip_prev: firstOf('Start N entries before the end, or before the cursor.'),
  read_reverse: firstOf('Newest first. Not on streams.'),
});

/** Query parameters of downloads: those of a range, and what goes into the file's name. */
export const V1DownloadQuery = Type.Object({
  ...V1Query.properties,
  postfix: firstOf('Stands in the file name, as in task-<container>-<postfix>.log.gz.'),
});

/** A container as the DC/OS container logger names it in the journal; nested ones are `parent.child`. */
export const ContainerParams = Type.Object({
  framework: Type.String({ description: 'FRAMEWORK_ID' }),
  executor: Type.String({ description: 'EXECUTOR_ID' }),
  container: Type.String({ description: 'CONTAINER_ID; nested containers are joined with dots.' }),
});

export const NoParams = Type.Object({});

export const RangeHeaders = Type.Object({
  accept: Type.Optional(Type.String({ description: 'application/json, text/event-stream; anything else means text.' })),
});

export const StreamHeaders = Type.Object({
  ...RangeHeaders.properties,
  'last-event-id': Type.Optional(
    Type.String({ description: 'A cursor to go on after; replaces the one in the query, and the skips.' }),
  ),
});

const Entries = Type.String({ description: 'Entries in the format that Accept chose.' });
const errors = { '4xx': Problem, '5xx': Problem };

export const RangeResponse = { 200: Entries, 204: Type.Null({ description: 'No entry matches.' }), ...errors };
export const StreamResponse = { 200: Entries, ...errors };
export const FieldsResponse = {
  200: Type.String({ description: 'A JSON array of the values.' }),
  204: Type.Null({ description: 'The field has no value here.' }),
  ...errors,
};
