import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { callerAddress } from '../conformance/raw-exchange.ts';

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/** What came back on one connection, until the server closed it. */
export interface RawAnswers {
  readonly answers: readonly RawAnswer[];
  /** What came and is no answer. */
  readonly rest: string;
  /** Whether the server closed the connection; else it was given up. */
  readonly isClosed: boolean;
}

/** Sends bytes on a connection of their own and reads until the server closes it, or `patience` (in ms) is over. */
export async function answersTo(origin: string, bytes: string, patience: number, ca?: string): Promise<RawAnswers> {
  const { protocol, hostname, port } = new URL(origin);
  const to = { host: hostname, port: Number(port), localAddress: callerAddress };
  const socket = protocol === 'https:' ? connectTls({ ...to, ca, ALPNProtocols: ['http/1.1'] }) : connect(to);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  socket.write(Buffer.from(bytes, 'latin1'));
  const isClosed = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), patience);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
  socket.destroy();
  return { ...parsed(Buffer.concat(chunks).toString('latin1'), bytes), isClosed };
}

/** Takes the answers apart by their own framing; a HEAD's have none. */
function parsed(text: string, bytes: string): Pick<RawAnswers, 'answers' | 'rest'> {
  const answers: RawAnswer[] = [];
  const isHead = bytes.startsWith('HEAD ');
  for (let rest = text; ; ) {
    const head = /^HTTP\/1\.1 (\d{3})[^\r\n]*\r\n([\s\S]*?)\r\n\r\n/.exec(rest);
    if (head === null) return { answers, rest };
    const [whole, status = '', headers = ''] = head;
    const behind = rest.slice(whole.length);
    const length = /^content-length:\s*(\d+)\s*$/im.exec(headers)?.[1];
    if (Number(status) < 200) {
      rest = behind;
      continue;
    }
    let body = '';
    let taken = 0;
    if (isHead && answers.length === 0) taken = 0;
    else if (/^transfer-encoding:\s*chunked\s*$/im.test(headers)) [body, taken] = unchunked(behind);
    else if (length !== undefined) [body, taken] = [behind.slice(0, Number(length)), Number(length)];
    else if (status !== '204' && status !== '304') [body, taken] = [behind, behind.length];
    answers.push({ status: Number(status), body });
    rest = behind.slice(taken);
  }
}

function unchunked(text: string): [body: string, taken: number] {
  let body = '';
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at);
    const size = line === -1 ? Number.NaN : Number.parseInt(text.slice(at, line), 16);
    if (Number.isNaN(size)) return [body, text.length];
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
    if (size === 0) return [body, at];
  }
}
