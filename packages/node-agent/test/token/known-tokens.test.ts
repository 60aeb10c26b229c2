import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KnownTokens } from '../../src/token/known-tokens.ts';
import { GatewaySigner, type SignedRequest } from './gateway-signer.ts';

const path = '/v1/range/';
const route = `GET ${path}`;
const start = Date.now();
let gateway: GatewaySigner;

beforeAll(async () => {
  gateway = await GatewaySigner.create('g1');
});
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: start }));
afterEach(() => void vi.useRealTimers());

/** Counts how often a key is asked for: once for each token that is verified. */
function agent() {
  let set: JWTVerifyGetKey = createLocalJWKSet({ keys: [gateway.publicJwk] });
  const find = vi.fn<JWTVerifyGetKey>((header, token) => set(header, token));
  const known = new KnownTokens({
    find,
    get version() {
      return set;
    },
  });
  return {
    find,
    verify: (token: string, { id = 'S0', asked = route } = {}) => known.verify(token, id, asked),
    changeKeys: (keys: GatewaySigner[]) => {
      set = createLocalJWKSet({ keys: keys.map(({ publicJwk }) => publicJwk) });
    },
  };
}

const token = (request: Partial<SignedRequest> = {}) => gateway.sign({ path, ...request });

describe('a gateway token that comes again', () => {
  it('says the same, and is not verified again', async () => {
    const { verify, find } = agent();
    const same = await token();
    const claims = await verify(same);
    expect(claims).toMatchObject({ uid: 'alice', route });
    expect(await verify(same)).toBe(claims);
    expect(find).toHaveBeenCalledTimes(1);
  });

  it('is refused for another route', async () => {
    const { verify } = agent();
    const same = await token();
    await verify(same);
    await expect(verify(same, { asked: 'GET /v1/stream/' })).rejects.toThrow(/expected a token for GET \/v1\/stream\//);
  });

  it('is refused once the agent has another id', async () => {
    const { verify } = agent();
    const same = await token();
    await verify(same);
    await expect(verify(same, { id: 'S1' })).rejects.toThrow(/aud/);
  });

  it('is verified again at its end, and refused when the leeway of clocks is over', async () => {
    const { verify, find } = agent();
    const same = await token({ expiresAt: 30 });
    await verify(same);
    vi.setSystemTime((Math.floor(start / 1_000) + 30) * 1_000);
    await verify(same);
    expect(find).toHaveBeenCalledTimes(2);
    vi.setSystemTime(start + 60_000);
    await expect(verify(same)).rejects.toThrow(/was signed 60 s ago/);
  });

  it('is refused when its key has gone', async () => {
    const { verify, changeKeys } = agent();
    const same = await token();
    await verify(same);
    changeKeys([await GatewaySigner.create('g2')]);
    await expect(verify(same)).rejects.toThrow(/no applicable key/);
  });

  it('is refused when the clock has gone to before it was signed', async () => {
    const { verify } = agent();
    const same = await token();
    await verify(same);
    vi.setSystemTime(start - 120_000);
    await expect(verify(same)).rejects.toThrow(/120 s in the future/);
  });

  it('is refused again when it was refused', async () => {
    const { verify, find } = agent();
    const stranger = await GatewaySigner.create('g1');
    const forged = await stranger.sign({ path });
    for (let time = 0; time < 2; time++) await expect(verify(forged)).rejects.toThrow(/signature/);
    expect(find).toHaveBeenCalledTimes(2);
  });
});
