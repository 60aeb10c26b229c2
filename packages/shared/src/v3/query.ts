import { type Static, Type } from 'typebox';
import { v3Formats } from './formats.ts';

/** Most values of a parameter that can be repeated. */
const mostValues = 256;
const longestValue = 4096;

/** Most entries of a page. */
export const maximumLimit = 10_000;
/** Entries of a page where nothing is said. */
export const defaultLimit = 1_000;
/** Bytes after which a page ends, whatever its limit. */
export const maximumPageBytes = 16 * 1024 * 1024;
/** Entries a follow starts with where nothing is said. */
export const defaultTail = 10;
/** Seconds that counting may take at most, and where nothing is said. */
export const maximumBudget = 30;
export const defaultBudget = 5;

function text(description: string) {
  return Type.Optional(Type.String({ maxLength: longestValue, description }));
}

function texts(description: string) {
  const value = Type.String({ minLength: 1, maxLength: longestValue });
  return Type.Optional(Type.Array(value, { maxItems: mostValues, description }));
}

function count(maximum: number, description: string) {
  return Type.Optional(Type.Integer({ minimum: 0, maximum, description }));
}

function flag(description: string) {
  return Type.Optional(Type.Boolean({ description }));
}

/** What an agent knows of scopes: what its journal says. Several values of one kind: any of them; different kinds: all. */
export const NodeScopeParameters = {
  task: texts(
    'On an agent: an EXECUTOR_ID, which for command tasks is the task id. On the gateway: a task id, or a unique part of one.',
  ),
  framework: texts('A FRAMEWORK_ID.'),
  component: texts('A systemd unit, as journalctl -u means it; .service may be left out.'),
  container: texts('A CONTAINER_ID, or the container id in a Docker CONTAINER_NAME of mesos-….'),
};

/** What only the gateway can resolve. */
export const ClusterScopeParameters = {
  agent: texts('A Mesos agent id.'),
  service: texts('A service: a Marathon app id or pod path.'),
  label: texts('A task label, KEY:VALUE.'),
};

/** Which entries are wanted, within the scope. */
export const FilterParameters = {
  filter: texts(
    'FIELD:value, or !FIELD:value for entries without that value; split at the first colon. The same field several times: any of the values; different fields: all; each negation holds.',
  ),
  priority: text('A level by name (emerg … debug) or number, and all more urgent ones; or FROM..TO.'),
  grep: texts(
    'A regular expression (RE2) that a part of MESSAGE matches, or FIELD~expression. Case counts only if there is an upper-case letter in it. Several: all.',
  ),
  stream: Type.Optional(
    Type.Array(Type.Union([Type.Literal('stdout'), Type.Literal('stderr')]), {
      maxItems: 2,
      description: 'A stream of a task.',
    }),
  ),
  identifier: texts('A SYSLOG_IDENTIFIER.'),
  kernel: flag('Only what the kernel wrote.'),
  boot: texts('A boot id, or 0 for the newest boot, -1 for the one before, 1 for the oldest.'),
  since: text('From this time on: RFC 3339, @seconds since 1970, or relative as -15m.'),
  until: text('Up to this time, in the same forms.'),
};

/** How entries are shown. */
export const ShowParameters = {
  fields: texts('Show only these fields in JSON and export: names separated by commas.'),
  format: Type.Optional(
    Type.Union(
      v3Formats.map((format) => Type.Literal(format)),
      { description: 'Overrides the Accept header.' },
    ),
  ),
  output: Type.Optional(Type.Literal('cat', { description: 'Text is the message alone.' })),
  raw: flag('Text is the bytes as they were written, control characters included.'),
};

const cursor = text(
  'Go on after this entry, or before it where the newest come first; whichever order it was given in.',
);
const tail = count(maximumLimit, 'Start so many entries before the end.');

/**
 * Only in the lines format, between gateway and agent: see lines.ts. `from` is where to start: forward at the agent's first
 * entry, in its own order, at or after that realtime; newest first at the last one at or before it.
 */
export const LinesParameters = {
  payload: Type.Optional(
    Type.Union([Type.Literal('ndjson'), Type.Literal('text'), Type.Literal('export')], {
      description: 'What stands behind each entry’s key. Default: ndjson. Only in the lines format.',
    }),
  ),
  from: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Start at this realtime, µs since 1970. Only in the lines format.',
    }),
  ),
  from_age: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description:
        'Oldest first, with from: so many ms ago everything older had been read. What was written since with lesser realtimes, by a clock that was set back, is sent too, or told as a gap. Only in the lines format.',
    }),
  ),
};

/**
 * Only in the lines format. A follow tells by watermarks what its clock shows while nothing comes; a range how far it has
 * looked for what matches: forward everything before it was sent, newest first everything after it.
 */
export const WatermarkParameters = {
  watermarks: Type.Optional(
    Type.Integer({
      minimum: 10,
      maximum: 60_000,
      description: 'A watermark whenever nothing was sent for so many ms. Only in the lines format.',
    }),
  ),
};

/** Parameters of `/v3/entries` beyond scope, filter and show. */
export const EntriesParameters = {
  order: Type.Optional(
    Type.Union([Type.Literal('asc'), Type.Literal('desc')], {
      description: 'Oldest first (asc, the default) or newest first.',
    }),
  ),
  limit: Type.Optional(
    Type.String({
      pattern: '^(all|[0-9]{1,9})$',
      description: `At most so many entries, up to ${maximumLimit}; all streams everything. Default ${defaultLimit}: the newest ones, where neither cursor nor since says where to start.`,
    }),
  ),
  tail,
  cursor,
};

/** Parameters of `/v3/follow` beyond scope, filter and show. */
export const FollowParameters = { tail, cursor };

/** Parameters of `/v3/context` beyond scope, filter and show. */
export const ContextParameters = {
  cursor: Type.String({
    maxLength: longestValue,
    description: 'The entry in the middle; on the gateway of whatever scope and filters, or a time.',
  }),
  before: count(1_000, 'Entries before it; 10 where nothing is said.'),
  after: count(1_000, 'Entries after it; 10 where nothing is said.'),
};

/** Parameters of `/v3/fields/{field}` beyond scope and filter. */
export const FieldParameters = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: maximumLimit,
      description: `At most so many values, the most frequent. Default ${defaultLimit}.`,
    }),
  ),
  budget: Type.Optional(
    Type.Number({
      minimum: 0.05,
      maximum: maximumBudget,
      description: `Seconds that counting may take. Default ${defaultBudget}.`,
    }),
  ),
};

/** Parameters of `/v3/histogram` beyond scope and filter. Its since is an hour ago where nothing is said, its until now. */
export const HistogramParameters = {
  bucket: text('The length of a bucket, as 30s or 1h. Default: a length that makes 60 to 120 buckets.'),
  budget: FieldParameters.budget,
};

const strict = { additionalProperties: false } as const;

/** The query of `/v3/entries` on an agent. A parameter nobody knows is refused: misspelt, it would not narrow anything. */
export const NodeEntriesQuery = Type.Object(
  {
    ...NodeScopeParameters,
    ...FilterParameters,
    ...ShowParameters,
    ...EntriesParameters,
    ...LinesParameters,
    ...WatermarkParameters,
  },
  strict,
);
export const NodeFollowQuery = Type.Object(
  {
    ...NodeScopeParameters,
    ...FilterParameters,
    ...ShowParameters,
    ...FollowParameters,
    ...LinesParameters,
    ...WatermarkParameters,
  },
  strict,
);
export const NodeContextQuery = Type.Object(
  { ...NodeScopeParameters, ...FilterParameters, ...ShowParameters, ...ContextParameters },
  strict,
);
export const NodeFieldQuery = Type.Object({ ...NodeScopeParameters, ...FilterParameters, ...FieldParameters }, strict);
export const NodeHistogramQuery = Type.Object(
  { ...NodeScopeParameters, ...FilterParameters, ...HistogramParameters },
  strict,
);
export const NodeBootsQuery = Type.Object({ ...NodeScopeParameters }, strict);

/** The same on the gateway, with the scopes that only it knows. */
export const ClusterEntriesQuery = Type.Object(
  {
    ...ClusterScopeParameters,
    ...NodeScopeParameters,
    ...FilterParameters,
    ...ShowParameters,
    ...EntriesParameters,
    at: text(
      'Start after the entry with this cursor, or before it where the newest come first, whatever scope, filters and order the cursor was given in; or at a time, RFC 3339 or @seconds since 1970.',
    ),
  },
  strict,
);
export const ClusterFollowQuery = Type.Object(
  { ...ClusterScopeParameters, ...NodeScopeParameters, ...FilterParameters, ...ShowParameters, ...FollowParameters },
  strict,
);
export const ClusterContextQuery = Type.Object(
  { ...ClusterScopeParameters, ...NodeScopeParameters, ...FilterParameters, ...ShowParameters, ...ContextParameters },
  strict,
);
export const ClusterFieldQuery = Type.Object(
  { ...ClusterScopeParameters, ...NodeScopeParameters, ...FilterParameters, ...FieldParameters },
  strict,
);
export const ClusterHistogramQuery = Type.Object(
  { ...ClusterScopeParameters, ...NodeScopeParameters, ...FilterParameters, ...HistogramParameters },
  strict,
);
export const ClusterBootsQuery = Type.Object({ ...ClusterScopeParameters, ...NodeScopeParameters }, strict);

const scopeAndFilter = Type.Object({ ...NodeScopeParameters, ...FilterParameters });
/** What narrows a query, on an agent. */
export type NodeFilter = Static<typeof scopeAndFilter>;
export type NodeEntriesQuery = Static<typeof NodeEntriesQuery>;
export type NodeFollowQuery = Static<typeof NodeFollowQuery>;
export type NodeContextQuery = Static<typeof NodeContextQuery>;
export type NodeFieldQuery = Static<typeof NodeFieldQuery>;
export type NodeHistogramQuery = Static<typeof NodeHistogramQuery>;
export type ClusterEntriesQuery = Static<typeof ClusterEntriesQuery>;
export type ClusterFollowQuery = Static<typeof ClusterFollowQuery>;
