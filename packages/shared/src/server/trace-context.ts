import { randomFillSync } from 'node:crypto';

/** One hop's place in a distributed trace (W3C Trace Context, section 3.2 "Traceparent Header"). */
export interface TraceContext {
  /** 32 hexadecimal digits, the same on every hop. */
  readonly traceId: string;
  /** 16 hexadecimal digits: this hop's own span. */
  readonly spanId: string;
  /** Two hexadecimal digits; bit 0 says that the caller records the trace. */
  readonly flags: string;
}

const shape = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/** Random bytes for many ids: each request for some is a system call. */
const random = Buffer.alloc(4_096);
let used = random.length;

function randomHex(bytes: number): string {
  if (used + bytes > random.length) {
    randomFillSync(random);
    used = 0;
  }
  used += bytes;
  return random.toString('hex', used - bytes, used);
}

/** Continues the caller's trace with a span of our own; starts a new one when the header is missing or not valid. */
export function continueTrace(header: string | undefined): TraceContext {
  const spanId = randomHex(8);
  const match = header === undefined || header.startsWith('ff') ? null : shape.exec(header);
  const [, traceId = '', parent = '', flags = ''] = match ?? [];
  if (match === null || /^0+$/.test(traceId) || /^0+$/.test(parent)) {
    return { traceId: randomHex(16), spanId, flags: '00' };
  }
  return { traceId, spanId, flags };
}

/** The header for the next hop. */
export function traceparentHeader(trace: TraceContext): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.flags}`;
}
