import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayKeys } from '../../src/token/gateway-keys.ts';
import { keySource } from '../../src/token/key-source.ts';
import { verifyGatewayToken } from '../../src/token/verify-gateway-token.ts';
import { GatewaySigner, serveKeySet } from './gateway-signer.ts';

const path = '/v1/range/';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const silent = { info() {}, warn() {} };

function keysOf(...sources: string[]): GatewayKeys {
  const keys = new GatewayKeys(
    sources.map((name) => keySource(name)),
    silent,
  );
  closers.push(() => keys.close());
  return keys;
}

async function accepts(keys: GatewayKeys, signer: GatewaySigner): Promise<boolean> {
  const token = await signer.sign({ path });
  return verifyGatewayToken(token, keys.find, 'S0', `GET ${path}`).then(
    () => true,
    () => false,
  );
}

const keySet = (...signers: GatewaySigner[]) => JSON.stringify({ keys: signers.map(({ publicJwk }) => publicJwk) });

describe('the keys of the gateways', () => {
  it('are soon asked for again where a gateway did not answer, though nobody needs them', async () => {
    const signer = await GatewaySigner.create('a');
    let status = 503;
    const server = await serveKeySet(() => ({ status, body: keySet(signer) }));
    closers.push(() => server.close());
    const keys = new GatewayKeys([keySource(server.url)], silent, { period: 3_600_000, whileFailing: 20 });
    closers.push(() => keys.close());
    await keys.load();
    expect(keys.failures).toHaveLength(1);
    status = 200;
    await expect.poll(() => keys.failures, { timeout: 20_000 }).toEqual([]);
    expect(keys.count).toBe(1);
  });

  it('come from a file, and again when it has changed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'clusterlog-keys-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'jwks.json');
    const [first, second] = [await GatewaySigner.create('a'), await GatewaySigner.create('b')];
    writeFileSync(file, keySet(first));
    const keys = keysOf(file);
    await keys.load();
    expect(await accepts(keys, first)).toBe(true);
    expect(await accepts(keys, second)).toBe(false);
    writeFileSync(file, keySet(second));
    await keys.load();
    expect(await accepts(keys, second)).toBe(true);
    expect(await accepts(keys, first)).toBe(false);
  });

  it('of several sources all count', async () => {
    const signers = [await GatewaySigner.create('a'), await GatewaySigner.create('b')];
    const servers = await Promise.all(
      signers.map((signer) => serveKeySet(() => ({ status: 200, body: keySet(signer) }))),
    );
    closers.push(...servers.map((server) => () => server.close()));
    const keys = keysOf(...servers.map(({ url }) => url));
    await keys.load();
    expect(keys.count).toBe(2);
    for (const signer of signers) expect(await accepts(keys, signer)).toBe(true);
  });

  it('may be one and the same at several gateways that share a signing key', async () => {
    const signer = await GatewaySigner.create('shared');
    const server = await serveKeySet(() => ({ status: 200, body: keySet(signer) }));
    closers.push(() => server.close());
    const keys = keysOf(server.url, `${server.url}?again`);
    await keys.load();
    expect(keys.count).toBe(1);
    expect(await accepts(keys, signer)).toBe(true);
  });

  it('are asked for when a token names an unknown one, so a gateway may start later', async () => {
    const signer = await GatewaySigner.create('a');
    const server = await serveKeySet(() => ({ status: 200, body: keySet(signer) }));
    closers.push(() => server.close());
    expect(await accepts(keysOf(server.url), signer)).toBe(true);
  });

  it('stay in use while their source answers with errors or nonsense', async () => {
    const signer = await GatewaySigner.create('a');
    let answer = { status: 200, body: keySet(signer) };
    const server = await serveKeySet(() => answer);
    closers.push(() => server.close());
    const keys = keysOf(server.url);
    await keys.load();
    for (const failure of [
      { status: 503, body: '' },
      { status: 200, body: '<html>' },
      { status: 200, body: '{}' },
    ]) {
      answer = failure;
      await keys.load();
      expect(keys.failures).toHaveLength(1);
      expect(await accepts(keys, signer)).toBe(true);
    }
  });

  it('are signature keys of Ed25519 only: a source cannot bring in a shared secret', async () => {
    const server = await serveKeySet(() => ({
      status: 200,
      body: JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'a' }] }),
    }));
    closers.push(() => server.close());
    const keys = keysOf(server.url);
    await keys.load();
    expect(keys.count).toBe(0);
  });
});
