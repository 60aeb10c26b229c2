import type { Random } from '../fixtures/random.ts';

/** What tests look into of a parameter's JSON schema. */
export interface ValueSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly ValueSchema[];
  readonly items?: ValueSchema;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Texts that have broken servers, as they are before percent-encoding. */
const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\t',
  '\0',
  'a\0b',
  '\r\nInjected: 1',
  '\n',
  '%',
  '%zz',
  '%00',
  '%2e%2e%2f',
  '..',
  '../../../../etc/passwd',
  '..\\..\\',
  '/',
  '//',
  ';',
  '*',
  '**',
  '&',
  '?',
  '#',
  '"',
  "'",
  '`id`',
  '$(id)',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '{"a":1}',
  '[]',
  'null',
  'undefined',
  'true',
  '\u{1f4a9}',
  '\u202etxt.exe',
  'e\u0301\u0301\u0301\u0301',
  '\ufeff',
  '\uffff',
  'ﬃ',
  'İ',
  'x'.repeat(64),
  'x'.repeat(65),
  'x'.repeat(1024),
  'x'.repeat(1025),
  'x'.repeat(4097),
  'é'.repeat(3000),
  'x'.repeat(20_000),
  'x'.repeat(70_000),
  'a:b:c',
  ':',
  ':x',
  'x:',
  '!',
  '!:',
  'FIELD',
  'field:x',
  '_PID:1',
  'MESSAGE:',
  'MESSAGE:line 1',
  '!MESSAGE:line 1',
  `${'A'.repeat(65)}:x`,
  ',',
  ',,,,',
  '-',
  '--',
];

const hostileNumbers: readonly string[] = [
  '-1',
  '0',
  '-0',
  '+1',
  '1.5',
  '1e3',
  '1e309',
  'NaN',
  'Infinity',
  '-Infinity',
  '0x10',
  '0b1',
  '1_000',
  ' 1',
  '1 ',
  '１',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '9223372036854775808',
  '18446744073709551615',
  '18446744073709551616',
  '9'.repeat(40),
  '-9223372036854775808',
  '00000000000000000001',
];

const hostileTimes: readonly string[] = [
  '@',
  '@-1',
  '@0',
  '@1e9',
  '@99999999999999999999',
  '@0.000000001',
  '-0s',
  '-1000000000w',
  '-15m-15m',
  '-m',
  'now',
  'yesterday',
  '2024-02-30T00:00:00Z',
  '2016-12-31T23:59:60Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '+275760-09-13T00:00:00Z',
  '2024-01-01T00:00:00+99:99',
  '2024-01-01',
  '1969-12-31T23:59:59Z',
];

const hostileExpressions: readonly string[] = [
  '(',
  ')',
  '[z-a]',
  '(?=x)',
  '(?P<n>x)(?P=n)',
  '\\1',
  '(a+)+$',
  '(.*)*$',
  'a{1000}{1000}',
  'x{1001}',
  '('.repeat(1_000),
  `${'('.repeat(500)}x${')'.repeat(500)}`,
  `(${'a|'.repeat(1_500)}b)`,
  '\\p{Greek}',
  '\\C',
  '(?i)(?s).*',
  'NONE~x',
  '~x',
  'MESSAGE~',
  '_~(',
  '.{0,1000}'.repeat(100),
];

const hostileAccepts: readonly string[] = [
  '',
  '*/*',
  '*',
  '/',
  'text/*',
  'text/plain;q=0',
  'text/plain;q=2',
  'text/plain;q=-1',
  'text/plain;q=NaN',
  'text/plain, application/json',
  'application/json, text/event-stream',
  'text/event-stream;q=0.5, application/x-ndjson',
  'text/event-stream, */*',
  'TEXT/EVENT-STREAM',
  'text/event-stream; charset=utf-8',
  'application/vnd.fdo.journal, text/plain;q=0.1',
  'application/vnd.clusterlog.lines',
  'image/png',
  ','.repeat(500),
  'text/plain,'.repeat(2_000),
  'a/b;'.repeat(2_000),
  'text/plain;"',
  'é/é',
];

const hostileRanges: readonly string[] = [
  'bytes=0-',
  'bytes=0-0,0-0,0-0,0-0',
  'entries=',
  'entries=:-1:1',
  'entries=:99999999999999999999:1',
  'entries=::18446744073709551616',
  'entries=x:0:1',
  'entries=s=1;i=1:0:1',
  'realtime=0:1',
  'realtime=:',
  'realtime=99999999999:0:0:0:0',
  'entries=:'.repeat(2_000),
];

/** Text of any kind, of any length up to 70,000 characters. */
export function hostileText(random: Random): string {
  return random.pick(random.pick([hostileTexts, hostileTexts, hostileNumbers, hostileTimes, hostileExpressions]));
}

/** What a header may be given that was made for it, or for nothing. */
export function hostileHeader(name: string, random: Random): string {
  const lists = new Map([
    ['accept', hostileAccepts],
    ['range', hostileRanges],
  ]);
  return random.pick(lists.get(name) ?? hostileTexts);
}

/** What fits a parameter, as far as its schema and name tell. */
export function validValue(name: string, schema: ValueSchema, random: Random, cursors: readonly string[]): string {
  if (schema.enum !== undefined) return String(random.pick(schema.enum));
  if (schema.const !== undefined) return String(schema.const);
  if (schema.anyOf !== undefined) return validValue(name, random.pick(schema.anyOf), random, cursors);
  if (schema.items !== undefined) return validValue(name, schema.items, random, cursors);
  if (schema.type === 'boolean') return random.pick(['true', 'false']);
  if (schema.type === 'integer') return String((schema.minimum ?? 0) + random.below(20));
  return random.pick(usualValues[name] ?? usualTexts(name, cursors));
}

function usualTexts(name: string, cursors: readonly string[]): readonly string[] {
  return /cursor|last-event-id/.test(name) && cursors.length > 0 ? cursors : ['app', '1', 'x'];
}

const usualValues: Readonly<Record<string, readonly string[]>> = {
  filter: ['STREAM:STDOUT', '!STREAM:STDERR', 'MESSAGE:line 1', 'PRIORITY:6', 'SYSLOG_IDENTIFIER:x'],
  limit: ['1', '2', '10', '1000', 'all'],
  skip: ['0', '1', '-1', '-10'],
  skip_next: ['0', '1', '10'],
  skip_prev: ['0', '1', '10'],
  tail: ['0', '1', '10'],
  read_reverse: ['true', 'false'],
  since: ['-15m', '@0', '2024-01-01T00:00:00Z', '-1h'],
  until: ['-1s', '@9999999999', '2099-01-01T00:00:00Z'],
  priority: ['err', '6', 'debug', '0..7'],
  grep: ['line', 'line \\d', 'MESSAGE~LINE', '^l.*[12]$'],
  fields: ['MESSAGE', 'MESSAGE,STREAM'],
  boot: ['0', '-1', '1'],
  component: ['dcos-mesos-slave', 'dcos-mesos-slave.service'],
  task: ['app.1', 'app.2', 'pod.1'],
  service: ['/app', '/pod'],
  label: ['A:b'],
  order: ['asc', 'desc'],
  buckets: ['1', '10', '100'],
  postfix: ['stdout', 'x'],
  path: ['/frameworks'],
  offset: ['0', '1', '-1'],
  length: ['0', '1', '1000'],
  accept: [
    '*/*',
    'text/plain',
    'application/json',
    'application/x-ndjson',
    'text/event-stream',
    'application/vnd.fdo.journal',
  ],
  range: ['entries=:-1:1', 'entries=:0:10', 'realtime=0:'],
};

/** A value that is almost as good as the one given: a bit, a letter, its length or its encoding differ. */
export function nearlyValid(value: string, random: Random): string {
  const at = random.below(value.length + 1);
  const code = value.charCodeAt(at);
  switch (random.below(9)) {
    case 0:
      return value.slice(0, at);
    case 1:
      return `${value.slice(0, at)}${value.slice(at + 1)}`;
    case 2:
      return `${value.slice(0, at)}${random.pick(['=', '+', '/', ';', ':', '\u0000', 'é', '%', ' '])}${value.slice(at)}`;
    case 3:
      return Number.isNaN(code)
        ? value
        : `${value.slice(0, at)}${String.fromCharCode(code ^ (1 << random.below(7)))}${value.slice(at + 1)}`;
    case 4:
      return value.replace(/[A-Za-z]/, (letter) =>
        letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
      );
    case 5:
      return value + value;
    case 6:
      return base64Flipped(value, random);
    case 7:
      return value.replace(/\d+/, () => random.pick(hostileNumbers));
    default:
      return ` ${value} `;
  }
}

/** The text with one bit of the bytes flipped that it is the base64 of: what is inside a cursor, not its spelling. */
function base64Flipped(value: string, random: Random): string {
  const bytes = Buffer.from(value, 'base64url');
  if (bytes.length === 0) return value;
  const at = random.below(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  return bytes.toString('base64url');
}
