import { Problem } from '@clusterlog/shared';
import { Type } from 'typebox';
import { firstOf } from './v1-schemas.ts';

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

const errors = { '4xx': Problem, '5xx': Problem };

export const FileResponse = {
  200: Type.String({ description: 'The lines.' }),
  204: Type.Null({ description: 'There is no such file, and it was asked for from its end.' }),
  ...errors,
};
export const DownloadResponse = { 200: Type.String({ description: 'The file.' }), ...errors };
export const BrowseResponse = {
  200: Type.String({ description: 'A JSON array of what is in the sandbox.' }),
  ...errors,
};
