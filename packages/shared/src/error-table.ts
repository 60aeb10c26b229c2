/**
 * Every error a caller can meet. `sentence` says what was expected and what was found; `{name}` in it is filled from the
 * facts given where the error is raised. `dcosLog` and `adminRouter` are the words the original systems use where their
 * clients read them; without one the sentence is used.
 */
export const errorTable = {
  'bad-request': {
    status: 400,
    sentence: '{problem}',
    hint: 'See docs/api.md for the parameters of this route.',
  },
  'bad-request-target': {
    status: 400,
    sentence: 'The request target must be an absolute path without dot segments, empty segments or encoded slashes.',
    hint: 'Send the path alone, as in GET /system/v1/logs/v1/range/.',
  },
  'parameter-too-long': {
    status: 414,
    sentence: 'An id in this path is longer than {limit} characters.',
    hint: 'Ids of Mesos are much shorter: send one, or a part of one.',
  },
  'not-http': {
    status: 400,
    sentence: 'This is not a request of HTTP/1.1, or one that two servers could read differently.',
    hint: 'One Content-Length or Transfer-Encoding, no folded lines, and CRLF behind each.',
  },
  'request-timeout': {
    status: 408,
    sentence: 'The headers of this request did not arrive in time.',
    hint: 'Send a request at once.',
  },
  'body-too-large': {
    status: 413,
    sentence: 'The body of this request is larger than {limit} bytes.',
    hint: 'What is asked for by a POST here takes a few bytes.',
  },
  'headers-too-large': {
    status: 431,
    sentence: 'The headers of this request are larger than {limit} bytes.',
    hint: 'Send fewer or shorter headers.',
  },
  'bad-cursor': {
    status: 400,
    sentence: '{problem}',
    hint: 'A cursor is s=…;i=…;b=…;m=…;t=…;x=…: take it from an earlier answer and percent-encode it.',
  },
  'bad-filter': {
    status: 400,
    sentence: '{problem}',
    hint: 'A filter is FIELD:value; FIELD is 1 to 64 of A-Z, 0-9 and _, the value may hold colons.',
  },
  'bad-parameter': {
    status: 400,
    sentence: '{problem}',
    hint: 'See docs/api.md for the parameters of this route.',
  },
  'bad-field': {
    status: 400,
    sentence: '{problem}',
    hint: 'Offered are FRAMEWORK_ID, AGENT_ID, EXECUTOR_ID, CONTAINER_ID and STREAM.',
  },
  unauthenticated: {
    status: 401,
    sentence: 'A valid token is needed.',
    hint: 'Send Authorization: token=<jwt> or Authorization: Bearer <jwt>.',
  },
  'gateway-token-refused': {
    status: 401,
    sentence: 'This agent answers only requests that carry a valid gateway token.',
    hint: 'Ask the gateway, which signs one for each request.',
  },
  'gateway-token-untimely': {
    status: 401,
    sentence: 'By the clock of this node the gateway token was signed {when}; taken is one of the last {limit} s.',
    hint: 'Operators: the clocks of gateway and node differ, or somebody sent a token once more.',
  },
  forbidden: {
    status: 403,
    sentence: 'You may not read {target}.',
    hint: 'Ask the operator of the cluster for permission.',
  },
  'scope-too-large': {
    status: 403,
    sentence: 'What you may read here takes more than {limit} bytes to describe.',
    hint: 'Ask for one task or one container, or for the whole cluster (API v3).',
  },
  'not-found': {
    status: 404,
    sentence: 'There is nothing at {method} {path}.',
    hint: 'See docs/api.md for the routes.',
    dcosLog: '404 page not found',
    adminRouter: '404 Not Found',
  },
  'not-acceptable': {
    status: 406,
    sentence: 'Nothing of what is offered is accepted: {accept}.',
    hint: 'Offered are text/plain, application/x-ndjson, text/event-stream and application/vnd.fdo.journal; or use format=.',
  },
  'bad-cluster-cursor': {
    status: 400,
    sentence: '{problem}',
    hint: 'Take cursors from an earlier answer to the same scope and filters, whole, and percent-encode them.',
  },
  'cluster-scope-too-wide': {
    status: 400,
    sentence: 'What was asked for lies in {found} places; at most {limit} are read at once.',
    hint: 'Ask for fewer tasks or nodes: agent=, task= and service= narrow a query; since= leaves out tasks that ended before.',
  },
  'nothing-in-scope': {
    status: 404,
    sentence: 'No task that you may read fits what was asked for.',
    hint: 'See /system/v1/logs/v3/tasks for those that are known.',
  },
  'too-many-merges-of-caller': {
    status: 429,
    sentence: 'You have {limit} answers from many nodes open at this gateway, which is as many as it gives one caller.',
    hint: 'End one, or try again later.',
    retryAfter: 5,
  },
  'too-many-merges': {
    status: 503,
    sentence: 'This gateway is putting together as many answers from many nodes as it can.',
    hint: 'Try again in a few seconds, or ask for one task or one node.',
    retryAfter: 5,
  },
  'too-many-requests': {
    status: 429,
    sentence: 'You have sent {limit} requests within a minute, which is as many as this gateway takes from one caller.',
    hint: 'Wait for as long as Retry-After says. A follow is one request, however long it lasts.',
  },
  'too-many-follows-of-caller': {
    status: 429,
    sentence: 'You have {limit} follows open at this gateway, which is as many as it gives one caller.',
    hint: 'End one, or follow several tasks at once with API v3.',
    retryAfter: 30,
  },
  'too-many-follows': {
    status: 503,
    sentence: 'There are {limit} follows open here, which is as many as are served.',
    hint: 'Try again in a while, or at another gateway; operators: --follows.',
    retryAfter: 30,
  },
  'too-many-scans': {
    status: 503,
    sentence: 'This node agent is reading {limit} answers from its journal, which is as many as it does at once.',
    hint: 'Try again in a few seconds; operators: --scans.',
    retryAfter: 5,
  },
  'token-expired': {
    status: 401,
    sentence: 'The token that this answer was begun with has ended.',
    hint: 'Go on from the last cursor with a new token.',
  },
  'max-age': {
    status: 503,
    sentence: 'This answer has been followed for as long as the gateway allows.',
    hint: 'Go on from the last cursor.',
  },
  'range-too-long': {
    status: 503,
    sentence: 'This answer has taken longer than the {limit} s that this gateway gives one.',
    hint: 'Go on from the last cursor, or ask for less: since, until and filters narrow a range.',
  },
  'range-too-large': {
    status: 503,
    sentence: 'This answer is larger than the {limit} MiB that this gateway gives one.',
    hint: 'Go on from the last cursor, or ask for less: since, until and filters narrow a range.',
  },
  'unknown-agent': {
    status: 404,
    sentence: 'No agent of this cluster has the id {agent}.',
    hint: 'The ids are in slaves[].id of the Mesos master’s /state.',
    adminRouter: '404 Not Found: agent `{agent}` unknown.',
  },
  'unknown-task': {
    status: 404,
    sentence: 'No task that you may read has the id {task}, or a unique id that contains it.',
    hint: 'Finished tasks are known only as long as the Mesos master remembers them.',
    dcosLog: 'unable to get canonical task ID: task not found',
    adminRouter: '404 Not Found: task `{task}` unknown.',
  },
  'ambiguous-task': {
    status: 409,
    sentence: '{task} is part of {count} task ids: {candidates}.',
    hint: 'Give the whole id of the one you mean.',
    dcosLog: 'unable to get canonical task ID: found more then 1 task with name {task}: [{candidates}]',
    adminRouter: '409 Conflict: task `{task}` is ambiguous: {candidates}.',
  },
  'no-container': {
    status: 404,
    sentence: 'Task {task} has not been given a container yet, so it has written no log.',
    hint: 'Try again when the task has started.',
    dcosLog: 'unable to get canonical task ID: task {task} has no container yet',
    adminRouter: '404 Not Found: task `{task}` has no container yet.',
  },
  'mesos-never-reached': {
    status: 503,
    sentence: 'The Mesos master has not been reached yet, so tasks and agents are unknown.',
    hint: 'Try again in a few seconds; operators: see /health/ready.',
    adminRouter: '503 Service Unavailable: cache state is invalid',
    retryAfter: 5,
  },
  'bad-operator-call': {
    status: 400,
    sentence:
      'Expected a call of Mesos’ v1 operator API, as application/json or application/x-protobuf, found something else.',
    hint: 'Send an object with a type, such as GET_AGENTS.',
  },
  'operator-call-refused': {
    status: 403,
    sentence: 'Of the operator API only {calls} are answered here, found {call}.',
    hint: 'Ask the Mesos master itself for everything else.',
  },
  'mesos-unavailable': {
    status: 503,
    sentence: 'The leading Mesos master does not answer.',
    hint: 'Try again in a few seconds; operators: see the log of the gateway.',
    retryAfter: 5,
  },
  'no-sandbox-path': {
    status: 403,
    sentence: 'Only files of task sandboxes are shown here; {path} is none of agent {agent}.',
    hint: 'Paths are …/slaves/<agent>/frameworks/<framework>/executors/<executor>/runs/<container>/…, or virtual ones from /frameworks on.',
  },
  'mesos-agent-unreachable': {
    status: 502,
    sentence: 'The Mesos agent {agent} does not answer.',
    hint: 'Operators: can the gateway reach the address in the agent’s pid (--mesos-agent-scheme)?',
  },
  'mesos-agent-refused': {
    status: 502,
    sentence: 'The Mesos agent {agent} refused the gateway.',
    hint: 'Operators: Mesos agents that want authentication need --mesos-agent-credential-file.',
  },
  'mesos-agent-timeout': {
    status: 504,
    sentence: 'The Mesos agent {agent} did not answer in time.',
    hint: 'Try again; operators: see the metrics of that Mesos agent.',
  },
  'no-marathon': {
    status: 503,
    sentence: 'This gateway does not know any Marathon (--marathon is not set).',
    hint: 'Ask for the node by its agent id, or for that of the leading Mesos master.',
    adminRouter: '503 Service Unavailable: cache is invalid',
  },
  'marathon-never-reached': {
    status: 503,
    sentence: 'No Marathon has been reached yet, so its leader is unknown.',
    hint: 'Try again in a few seconds; operators: see --marathon.',
    adminRouter: '503 Service Unavailable: cache is invalid',
    retryAfter: 5,
  },
  'no-marathon-leader': {
    status: 503,
    sentence: 'Marathon has no leader at the moment.',
    hint: 'Try again in a few seconds.',
    adminRouter: '503 Service Unavailable: marathon leader is unknown.',
    retryAfter: 5,
  },
  'leader-elsewhere': {
    status: 503,
    sentence: 'This request was sent on to the leader already, but the leader is elsewhere.',
    hint: 'Try again in a few seconds; leaders change.',
    adminRouter: '503 Service Unavailable: marathon leader is unknown',
    retryAfter: 5,
  },
  'no-local-agent': {
    status: 503,
    sentence: 'This gateway has no node agent of its own (--local-agent is not set).',
    hint: 'Ask for a node by its agent id: /system/v1/agent/<agent id>/logs/….',
    adminRouter: '503 Service Unavailable: no local agent (--local-agent is not set)',
  },
  'agent-gone': {
    status: 503,
    sentence: 'Agent {agent} left the cluster at {since} and nothing answers for it.',
    hint: 'Its journal can be read again when a node registers from the same address.',
    adminRouter: '503 Service Unavailable: agent `{agent}` left the cluster at {since}',
  },
  'journal-unavailable': {
    status: 503,
    sentence: 'The journal of this node cannot be read: {problem}.',
    hint: 'Operators: see /health/ready of the node agent.',
    retryAfter: 30,
  },
  'agent-id-unknown': {
    status: 503,
    sentence: 'This node agent does not know its Mesos agent id yet.',
    hint: 'Operators: is the Mesos agent running (--mesos-agent), or is --agent-id missing?',
    retryAfter: 5,
  },
  'no-such-file': {
    status: 404,
    sentence: 'There is no file {file} in this sandbox, and its output is not in the journal.',
    hint: 'Mesos deletes the sandboxes of ended tasks after a time (--gc_delay); browse lists what is there.',
    dcosLog: 'File not found',
  },
  'sandbox-refused': {
    status: 502,
    sentence: 'The Mesos agent of this node refused to show the sandbox to the node agent, with status {status}.',
    hint: 'Operators: does the node agent have a credential (--mesos-credential-file) that may see sandboxes?',
  },
  'sandbox-unreachable': {
    status: 502,
    sentence: 'The Mesos agent of this node, which keeps the sandboxes, does not answer as it should.',
    hint: 'Operators: is the Mesos agent running (--mesos-agent)? The log of the node agent has the reason.',
  },
  'no-connection-left': {
    status: 503,
    sentence: 'This gateway has no file descriptor left to ask the node agent of {agent} by.',
    hint: 'Try again in a few seconds; operators: see LimitNOFILE of the unit, and --follows.',
    retryAfter: 5,
  },
  'agent-unreachable': {
    status: 502,
    sentence: 'The node agent of {agent} does not answer.',
    hint: 'Operators: is clusterlog-agent running on that node, and does the gateway trust its certificate?',
  },
  'agent-refused': {
    status: 502,
    sentence: 'The node agent of {agent} refused the gateway.',
    hint: 'Operators: does the agent have this gateway’s public keys (--gateway-keys)?',
  },
  'clocks-apart': {
    status: 502,
    sentence:
      'The node agent of {agent} refused the gateway: its clock is {seconds} s {where} the gateway’s, and at most {limit} s are tolerated.',
    hint: 'Operators: set the clocks right (chronyc tracking), on that node or on the gateway.',
  },
  'agent-timeout': {
    status: 504,
    sentence: 'The node agent of {agent} did not answer in time.',
    hint: 'Try again; operators: see the metrics of that agent.',
  },
  'other-origin': {
    status: 403,
    sentence:
      'Only the page of this gateway may do this: expected a JSON request with the Origin {expected}, found {found}.',
    hint: 'Operators: behind a proxy, name it with --trusted-proxy, and have it hand on Host and X-Forwarded-Proto.',
  },
  'viewer-not-built': {
    status: 503,
    sentence: 'The log viewer has not been built for this gateway.',
    hint: 'Operators: npm run build makes it, and tarballs have it; --without-route viewer switches it off.',
  },
  internal: {
    status: 500,
    sentence: 'Something went wrong inside the server.',
    hint: 'Operators: look for the request id in the log.',
  },
} as const satisfies Record<string, ErrorDefinition>;

interface ErrorDefinition {
  readonly status: number;
  readonly sentence: string;
  /** What the reader can do about it. */
  readonly hint: string;
  /** The words of dcos-log, on its v1 and v2 routes. */
  readonly dcosLog?: string;
  /** The body of Admin Router, on its routes. */
  readonly adminRouter?: string;
  /** When it is worth to try again, in seconds: sent as `Retry-After`. */
  readonly retryAfter?: number;
}

export type ErrorCode = keyof typeof errorTable;

type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;
type Words<Code extends ErrorCode> = (typeof errorTable)[Code][keyof (typeof errorTable)[Code]];

/** The facts that an error's sentences name. */
export type ErrorFacts<Code extends ErrorCode> = { readonly [Name in Placeholders<Words<Code>>]: string | number };

/** Longest fact put into a sentence, in characters: what callers send is repeated to them, but not at any length. */
const maximumFactLength = 512;

function fill(template: string, facts: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (_placeholder, name: string) => {
    const fact = String(facts[name] ?? '');
    return fact.length > maximumFactLength ? `${fact.slice(0, maximumFactLength)}…` : fact;
  });
}

/** An error of {@link errorTable} with its facts: what went wrong, said for callers. */
export class CodedError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'CodedError';
  readonly code: Code;
  readonly statusCode: number;
  readonly hint: string;
  /** When to try again, in seconds; undefined where nobody knows. */
  readonly retryAfter: number | undefined;
  /** What dcos-log would say. */
  readonly dcosLog: string;
  /** What Admin Router would say. */
  readonly adminRouter: string;

  constructor(code: Code, facts: ErrorFacts<Code>, options?: ErrorOptions) {
    const definition: ErrorDefinition = errorTable[code];
    const sentence = fill(definition.sentence, facts);
    super(sentence, options);
    this.code = code;
    this.statusCode = definition.status;
    this.hint = definition.hint;
    this.retryAfter = definition.retryAfter;
    this.dcosLog = definition.dcosLog === undefined ? sentence : fill(definition.dcosLog, facts);
    this.adminRouter = definition.adminRouter === undefined ? sentence : fill(definition.adminRouter, facts);
  }
}
