import { realtimeDigits, realtimeText } from '@clusterlog/shared';

/** Digits of whatever counts up in a line, in hexadecimal within positions and in decimal within the payload. */
const countDigits = 8;
const stampDigits = 14;

const exampleStamp = 1_800_000_000_000_000;

/**
 * Lines of the line stream as a node agent writes them of a task's log, about 1,100 bytes each: one block of bytes, in which only
 * the numbers change, so that a hundred simulated agents cost little beside the gateway under measurement.
 */
export class LineTemplate {
  readonly #line: Buffer;
  readonly #realtimes: readonly number[];
  readonly #hexStamps: readonly number[];
  readonly #hexCounts: readonly number[];
  readonly #counts: readonly number[];

  constructor(agentNumber: number) {
    const agent = String(agentNumber).padStart(3, '0');
    const id = agent.padStart(32, '0');
    const hexCount = '1'.padStart(countDigits, 'c');
    const count = '#'.repeat(countDigits);
    const hexStamp = exampleStamp.toString(16).padStart(stampDigits, '1');
    const stamp = realtimeText(exampleStamp);
    const position = `s=${id};i=${hexCount};b=${id};m=${hexCount};t=${hexStamp};x=${hexCount}`;
    const container = `c0ffee00-0000-4000-8000-000000000${agent}`;
    const executor = `team_web.instance-${container}._app.1`;
    const fields = {
      MESSAGE: `${agent} ${count} 10.0.3.17 - - "GET /api/v2/orders HTTP/1.1" 200 1742 "-" "okhttp/4.9.3" 0.018`,
      FRAMEWORK_ID: '600288cf-6a8e-445b-b3c6-800ac5ffe043-0000',
      EXECUTOR_ID: executor,
      AGENT_ID: `600288cf-6a8e-445b-b3c6-800ac5ffe043-S${agentNumber}`,
      CONTAINER_ID: container,
      STREAM: 'STDOUT',
      SYSLOG_IDENTIFIER: executor,
      CODE_FILE: '../../dcos-mesos-modules/journald/journald.cpp',
      CODE_LINE: '133',
      CODE_FUNC: 'write',
      _PID: '1140',
      _UID: '0',
      _COMM: 'mesos-journald-',
      _EXE: '/opt/mesosphere/libexec/mesos/mesos-journald-logger',
      _SYSTEMD_CGROUP: '/system.slice/dcos-mesos-slave.service',
      _SYSTEMD_UNIT: 'dcos-mesos-slave.service',
      _TRANSPORT: 'journal',
      _HOSTNAME: `node-${agent}`,
    };
    const payload = `{"fields":${JSON.stringify(fields)},"realtime_timestamp":${stamp},"monotonic_timestamp":${stamp},"boot_id":"${id}","seqnum":1}`;
    const origin = `600288cf-6a8e-445b-b3c6-800ac5ffe043-0000/${executor}/${container}/STDOUT`;
    const line = `E ${stamp} ${position} ${origin} ${payload}\n`;
    this.#line = Buffer.from(line, 'latin1');
    this.#realtimes = places(line, stamp);
    this.#hexStamps = places(line, hexStamp);
    this.#hexCounts = places(line, hexCount);
    this.#counts = places(line, count);
  }

  get length(): number {
    return this.#line.length;
  }

  /** Writes the line of an entry at `offset`. @param realtime µs since 1970 */
  write(target: Buffer, offset: number, number: number, realtime: number): void {
    this.#line.copy(target, offset);
    for (const at of this.#realtimes) writeDecimal(target, offset + at, realtimeDigits, realtime);
    for (const at of this.#hexStamps) writeHexadecimal(target, offset + at, stampDigits, realtime);
    for (const at of this.#hexCounts) writeHexadecimal(target, offset + at, countDigits, number + 1);
    for (const at of this.#counts) writeDecimal(target, offset + at, countDigits, number);
  }
}

const zero = 0x30;
const hexadecimal = Buffer.from('0123456789abcdef');

/** Digit by digit, which costs less than making a text of them. */
function writeDecimal(target: Buffer, offset: number, digits: number, value: number): void {
  // Division of small integers is the cheap one.
  let low = value % 1e8;
  const high = (value - low) / 1e8;
  for (let at = offset + digits - 1; at >= offset; at--) {
    if (at === offset + digits - 9) low = high;
    const left = (low / 10) | 0;
    target[at] = zero + low - 10 * left;
    low = left;
  }
}

function writeHexadecimal(target: Buffer, offset: number, digits: number, value: number): void {
  let left = value % 2 ** 28;
  const high = (value - left) / 2 ** 28;
  for (let at = offset + digits - 1; at >= offset; at--) {
    if (at === offset + digits - 8) left = high;
    target[at] = hexadecimal[left & 15] as number;
    left >>= 4;
  }
}

function places(line: string, text: string): number[] {
  const found: number[] = [];
  for (let at = line.indexOf(text); at !== -1; at = line.indexOf(text, at + 1)) found.push(at);
  return found;
}
