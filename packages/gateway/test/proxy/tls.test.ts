import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { type AgentTls, createAgentDispatcher } from '../../src/proxy/agent-dispatcher.ts';
import { keyDirectory, secret } from '../auth/keys.ts';
import { getAs, startAgent, startGateway } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const path = '/system/v1/agent/S1/logs/v1/range/';

const read = (name: string) => readFileSync(new URL(`certificates/${name}`, import.meta.url), 'utf8');
const pair = (name: string) => ({ cert: read(`${name}.pem`), key: read(`${name}.key`) });
const ca = read('authority.pem');

/** A gateway before an https agent that shows the named certificate; `asked` counts what reaches the agent. */
async function gatewayBefore(certificate: string, tls: AgentTls, agentOptions: object = {}) {
  const asked: IncomingMessage[] = [];
  const { port: agentPort } = await startAgent(
    (request, response) => {
      asked.push(request);
      response.end((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? 'nobody');
    },
    { ...pair(certificate), ...agentOptions },
  );
  const { port } = await startGateway(secretPath, {
    agentPort,
    addressing: { scheme: 'https' },
    dispatcher: createAgentDispatcher(tls),
  });
  return { port, asked };
}

describe('over TLS an agent', () => {
  test('whose certificate is of the given CA, for its address, is asked', async () => {
    const { port } = await gatewayBefore('agent', { ca });
    expect(await getAs('alice', port, path)).toMatchObject({ status: 200 });
  });

  test.each([
    ['is of another CA', 'impostor', { ca }],
    ['is for another name', 'elsewhere', { ca }],
    ['is of no CA the system knows, and none is given', 'agent', {}],
  ])('whose certificate %s is refused', async (_why, certificate, tls) => {
    const { port, asked } = await gatewayBefore(certificate, tls);
    const { status, body } = await getAs('alice', port, path, { accept: 'application/json' });
    expect([status, JSON.parse(body).code]).toEqual([502, 'agent-unreachable']);
    expect(body).not.toContain('127.0.0.1');
    expect(asked).toHaveLength(0);
  });

  test('is checked by its own address, not by the Host header, which is the caller’s', async () => {
    const right = await gatewayBefore('agent', { ca });
    expect(await getAs('alice', right.port, path, { host: 'logs.example' })).toMatchObject({ status: 200 });
    const wrong = await gatewayBefore('elsewhere', { ca });
    expect(await getAs('alice', wrong.port, path, { host: 'elsewhere.example' })).toMatchObject({ status: 502 });
    expect(wrong.asked).toHaveLength(0);
  });

  test('that wants a client certificate is shown the gateway’s', async () => {
    const demanding = { ca, requestCert: true, rejectUnauthorized: true };
    const shown = await gatewayBefore('agent', { ca, ...pair('gateway') }, demanding);
    expect(await getAs('alice', shown.port, path)).toMatchObject({ status: 200, body: 'gateway' });
    const bare = await gatewayBefore('agent', { ca }, demanding);
    expect(await getAs('alice', bare.port, path)).toMatchObject({ status: 502 });
  });
});
