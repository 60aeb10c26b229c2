import { Type } from 'typebox';
import { eachOf, errorAnswers, inMediaTypes } from '../answers.ts';
import { mediaTypes } from '../media-types.ts';

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

export const V1FieldParams = Type.Object({
  field: Type.String({ description: 'FRAMEWORK_ID, AGENT_ID, EXECUTOR_ID, CONTAINER_ID or STREAM.' }),
});

export const RangeHeaders = Type.Object({
  accept: Type.Optional(Type.String({ description: 'application/json, text/event-stream; anything else means text.' })),
});

export const StreamHeaders = Type.Object({
  ...RangeHeaders.properties,
  'last-event-id': Type.Optional(
    Type.String({ description: 'A cursor to go on after; replaces the one in the query, and the skips.' }),
  ),
});

/** An entry as dcos-log's JSON has it. */
export const DcosLogEntry = Type.Object(
  {
    fields: Type.Record(Type.String(), Type.String(), { description: 'Of a repeated field the last value.' }),
    cursor: Type.String({ description: 'The journal’s.' }),
    monotonic_timestamp: Type.Integer({ description: 'µs since the boot.' }),
    realtime_timestamp: Type.Integer({ description: 'µs since 1970.' }),
  },
  { description: 'An entry.' },
);

const text = Type.String({ description: 'A line an entry: YYYY-MM-DD HH:MM:SS: MESSAGE, in the node’s local time.' });

/** Entries, in the media types that Accept chooses among. */
export const DcosLogEntries = inMediaTypes('Entries in the format that Accept chose.', {
  [mediaTypes.text]: text,
  [mediaTypes.json]: eachOf('lines', DcosLogEntry),
  [mediaTypes.eventStream]: eachOf('events', DcosLogEntry),
});

const gzip = Type.String({ contentMediaType: 'application/gzip', description: 'A gzip file of the range.' });
const downloaded = inMediaTypes('The range as a gzip file; its media type is that of what is in it.', {
  [mediaTypes.text]: gzip,
  [mediaTypes.json]: gzip,
  [mediaTypes.eventStream]: gzip,
});

export const NoEntry = Type.Null({ description: 'No entry matches.' });
const errors = errorAnswers(400, 401, 403, 503);

export const RangeAnswers = { 200: DcosLogEntries, 204: NoEntry, ...errors };
export const DownloadAnswers = { 200: downloaded, 204: NoEntry, ...errors };
export const StreamAnswers = { 200: DcosLogEntries, ...errors };
export const FieldsAnswers = {
  200: Type.Array(Type.String(), { description: 'The values.' }),
  204: Type.Null({ description: 'The field has no value here.' }),
  ...errors,
};
