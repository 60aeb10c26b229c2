import { Type } from 'typebox';
import { eachOf, errorAnswers, inMediaTypes } from '../answers.ts';
import { mediaTypes } from '../media-types.ts';
import { DcosLogEntry, firstOf } from './v1.ts';

/** A sandbox, as dcos-log's paths name it. */
export const SandboxParams = Type.Object({
  framework: Type.String({ description: 'The framework’s id.' }),
  executor: Type.String({ description: 'The executor’s id; under the command executor, the task’s.' }),
  container: Type.String({ description: 'The executor’s container.' }),
});

/** The sandbox of one task of a pod. */
export const TaskSandboxParams = Type.Object({
  ...SandboxParams.properties,
  task: Type.String({ description: 'The task’s id.' }),
});

const file = { file: Type.String({ description: 'stdout, stderr, or another file right in the sandbox.' }) };
export const FileParams = Type.Object({ ...SandboxParams.properties, ...file });
export const TaskFileParams = Type.Object({ ...TaskSandboxParams.properties, ...file });

/** Query parameters of a file. Their values are checked in dcos-log's order, with its words. */
export const FileQuery = Type.Object({
  cursor: firstOf('A byte offset; BEG, the default: the beginning; END: the end. In the journal: a journal cursor.'),
  skip: firstOf('Lines: N above 0 leaves out N more; below 0, reading begins -N lines before the cursor.'),
  limit: firstOf('At most so many lines; 0, the default, means all. Not on event streams.'),
});

export const FileHeaders = Type.Object({
  accept: Type.Optional(Type.String({ description: 'text/event-stream follows; anything else means text.' })),
  'last-event-id': Type.Optional(
    Type.String({ description: 'The id of an event to go on after; replaces the query.' }),
  ),
});

/** What is asked without parameters. */
export const Anything = Type.Object({}, { additionalProperties: true });

const FileLine = Type.Object(
  { fields: DcosLogEntry.properties.fields },
  { description: 'A line of the file as MESSAGE; or an entry, where the journal is read in its place.' },
);

const errors = errorAnswers(400, 401, 403, 404, 502, 503, 504);

export const FileAnswers = {
  200: inMediaTypes('The lines.', {
    [mediaTypes.text]: Type.String(),
    [mediaTypes.eventStream]: eachOf('events', FileLine),
  }),
  204: Type.Null({ description: 'There is no such file, and it was asked for from its end.' }),
  ...errors,
};

export const FileDownloadAnswers = {
  200: inMediaTypes('The file.', { 'application/octet-stream': Type.String({ format: 'binary' }) }),
  ...errors,
};

export const BrowseAnswers = {
  200: inMediaTypes('What is in the sandbox.', {
    [mediaTypes.text]: Type.String({ contentMediaType: 'application/json', description: 'A JSON array of files.' }),
  }),
  ...errors,
};
