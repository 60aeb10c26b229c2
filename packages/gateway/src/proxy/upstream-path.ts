/**
 * The path asked of a node agent: a route's pattern with its parameters filled in. The only author of upstream paths: what a
 * caller wrote on his request line never becomes part of one, only decoded route parameters do, each encoded as one segment.
 *
 * @param pattern as in `/system/v1/logs/v1/fields/:field`
 */
export function upstreamPath(pattern: string, params: Readonly<Record<string, string>>): string {
  return pattern.replace(/:(\w+)/g, (_placeholder, name: string) => encodeURIComponent(params[name] ?? ''));
}

/** Where agents serve logs; also where Admin Router expects them. */
const prefix = '/system/v1/logs';

/** The patterns of dcos-log's API on an agent, and nothing else than these and {@link sandboxPaths}: no other path is ever asked of one. */
export const agentPaths = {
  range: `${prefix}/v1/range/`,
  rangeDownload: `${prefix}/v1/range/download`,
  stream: `${prefix}/v1/stream/`,
  fields: `${prefix}/v1/fields/:field`,
  containerRange: `${prefix}/v1/range/framework/:framework/executor/:executor/container/:container`,
  containerRangeDownload: `${prefix}/v1/range/framework/:framework/executor/:executor/container/:container/download`,
  containerStream: `${prefix}/v1/stream/framework/:framework/executor/:executor/container/:container`,
  component: `${prefix}/v2/component`,
  namedComponent: `${prefix}/v2/component/:name`,
} as const;

const run = `${prefix}/v2/task/frameworks/:framework/executors/:executor/runs/:container`;
const runOfTask = `${run}/tasks/:task`;

/** The patterns of what lies in a sandbox. */
export const sandboxPaths = {
  file: `${run}/:file`,
  taskFile: `${runOfTask}/:file`,
  download: `${run}/:file/download`,
  taskDownload: `${runOfTask}/:file/download`,
  browse: `${run}/files/browse`,
  taskBrowse: `${runOfTask}/files/browse`,
} as const;
