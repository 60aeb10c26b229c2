import type { FastifyRequest } from 'fastify';
import type { EntryEncoder } from '../encode/encoder.ts';
import type { RouteContext } from './v1-context.ts';

/** The same encoder, counting what it encodes for the request's audit line and the metrics. */
export function counted(encoder: EntryEncoder, context: RouteContext, request: FastifyRequest): EntryEncoder {
  const { audit } = request;
  audit.entries = 0;
  return {
    contentType: encoder.contentType,
    ping: encoder.ping,
    encode(entry, output) {
      audit.entries = (audit.entries ?? 0) + 1;
      context.sent.entries++;
      return encoder.encode(entry, output);
    },
  };
}
