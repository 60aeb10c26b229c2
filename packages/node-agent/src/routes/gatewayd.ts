import type { Readable } from 'node:stream';
import { mediaTypes } from '@clusterlog/shared';
import type { Server } from '@clusterlog/shared/server';
import type { FastifyReply } from 'fastify';
import { gatewaydEncoder } from '../encode/gatewayd-encoder.ts';
import { parseGatewaydArguments } from '../read/gatewayd-arguments.ts';
import { planGatewayd, readGatewayd } from '../read/gatewayd-entries.ts';
import { parseGatewaydRange } from '../read/gatewayd-range.ts';
import { gatewaydValues } from '../read/gatewayd-values.ts';
import { currentBootId } from '../read/machine.ts';
import { clientGone } from './client-gone.ts';
import { counted } from './counted-encoder.ts';
import { bootsText, machineText } from './gatewayd-about.ts';
import {
  BootsResponse,
  EntriesHeaders,
  EntriesQuery,
  EntriesResponse,
  FieldHeaders,
  FieldParams,
  FieldsResponse,
  MachineResponse,
  NoInput,
} from './gatewayd-schemas.ts';
import type { RouteContext } from './v1-context.ts';
import { readingError } from './v1-errors.ts';

const config = { face: 'gatewayd', wholeNode: true } as const;
const noInput = { params: NoInput, querystring: NoInput, headers: NoInput };

/**
 * systemd-journal-gatewayd's HTTP interface, for clients that know nothing else, such as `systemd-journal-remote --url`.
 * They cannot send a gateway token and read the whole node: to be registered only where it is known who connects.
 */
export async function gatewaydRoutes(app: Server, context: RouteContext): Promise<void> {
  const { journal, cache } = context;
  app.setErrorHandler((error) => {
    throw readingError(error);
  });

  const entries = { params: NoInput, querystring: EntriesQuery, headers: EntriesHeaders, response: EntriesResponse };
  app.get('/entries', { config, schema: entries }, async (request, reply) => {
    const signal = clientGone(reply);
    const range = parseGatewaydRange(request.headers.range);
    const plan = planGatewayd(range, parseGatewaydArguments(queryOf(request.raw.url), currentBootId));
    const encoder = counted(gatewaydEncoder(request.headers.accept, { cache }), context, request);
    const bytes = await readGatewayd(journal.walk(plan.match), plan, encoder, signal);
    // A journal that cannot be read is an error, not an empty answer.
    if (!plan.follow) await bytes.peek();
    return answer(reply, encoder.contentType, bytes.toReadable());
  });

  const fields = { params: FieldParams, querystring: NoInput, headers: FieldHeaders, response: FieldsResponse };
  app.get('/fields/*', { config, schema: fields }, async (request, reply) => {
    const format = request.headers.accept === mediaTypes.json ? 'json' : 'text';
    const bytes = gatewaydValues(journal, request.params['*'], format, clientGone(reply));
    await bytes.peek();
    return answer(reply, mediaTypes[format], bytes.toReadable());
  });

  app.get('/machine', { config, schema: { ...noInput, response: MachineResponse } }, async (_request, reply) =>
    answer(reply, mediaTypes.json, Buffer.from(await machineText(journal, clientGone(reply)))),
  );
  app.get('/boots', { config, schema: { ...noInput, response: BootsResponse } }, async (_request, reply) =>
    answer(reply, mediaTypes.jsonSequence, Buffer.from(await bootsText(journal, clientGone(reply)))),
  );
}

function answer(reply: FastifyReply, contentType: string, body: Buffer | Readable): FastifyReply {
  return reply.header('content-type', contentType).send(body);
}

/** What follows the question mark, byte for byte as it came. */
function queryOf(url = ''): string {
  const questionMark = url.indexOf('?');
  return questionMark === -1 ? '' : url.slice(questionMark + 1);
}
