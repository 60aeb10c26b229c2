import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { keyDirectory, secret } from '../auth/keys.ts';
import { get, getAs, startGateway, testRouter } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const directory = mkdtempSync(join(tmpdir(), 'clusterlog-viewer-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const script = 'document.title = "logs";\n'.repeat(100);
mkdirSync(join(directory, 'assets'));
writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Logs</title>');
writeFileSync(join(directory, '.secret'), 'not for anybody');
writeFileSync(join(directory, 'assets', 'index-abc.js'), script);
writeFileSync(join(directory, 'assets', 'index-abc.js.br'), brotliCompressSync(script));
writeFileSync(join(directory, 'assets', 'index-abc.js.gz'), gzipSync(script));

const started = () => startGateway(secretPath, { viewerDirectory: directory });

describe('/logs/', () => {
  test('is the page, without a token, and / and /logs lead to it with their query', async () => {
    const { port } = await started();
    const page = await get(port, '/logs/?service=/web');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.body).toContain('<title>Logs</title>');
    for (const path of ['/', '/logs']) {
      const { status, headers } = await get(port, `${path}?service=/web`);
      expect([status, headers.location]).toEqual([302, '/logs/?service=/web']);
    }
    const head = await get(port, '/logs/', { method: 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
  });

  test('is asked for each time, and not sent again while it stays the same', async () => {
    const { port } = await started();
    const { headers } = await get(port, '/logs/');
    expect(headers['cache-control']).toBe('no-cache');
    const again = await get(port, '/logs/', { headers: { 'if-none-match': `W/${headers.etag}` } });
    expect([again.status, again.body]).toEqual([304, '']);
    expect((await get(port, '/logs/', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  test('may run its own script and style, ask its own gateway, and nothing else', async () => {
    const { port } = await started();
    const { headers } = await get(port, '/logs/');
    const policy = String(headers['content-security-policy']);
    const directives = Object.fromEntries(policy.split('; ').map((directive) => directive.split(/ (.*)/, 2)));
    // No directive speaks of elsewhere, of what stands in the page itself, or of code made from text.
    expect(policy).not.toMatch(/\*|https?:|data:|blob:|unsafe-|nonce-|wasm/);
    const own = Object.keys(directives).filter((name) => directives[name] === "'self'");
    expect(own.toSorted()).toEqual(['connect-src', 'img-src', 'script-src', 'style-src']);
    // What is not named falls back to the first of these; the others have nothing that they fall back to.
    for (const name of ['default-src', 'base-uri', 'form-action', 'frame-ancestors', 'trusted-types']) {
      expect(directives).toHaveProperty(name, "'none'");
    }
    expect(directives).toHaveProperty('require-trusted-types-for', "'script'");
  });

  test('is not framed, guessed at, named to others, or shared with their pages', async () => {
    const { port } = await started();
    for (const path of ['/logs/', '/logs/assets/index-abc.js']) {
      const { headers } = await get(port, path);
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      for (const what of ['opener', 'resource']) expect(headers[`cross-origin-${what}-policy`]).toBe('same-origin');
    }
  });

  test.each([
    ['br, gzip', 'br', brotliCompressSync(script).length],
    ['gzip', 'gzip', gzipSync(script).length],
    ['identity', undefined, script.length],
  ])(
    'has scripts that are kept for good, sent as they were compressed before: %s',
    async (accepted, encoding, length) => {
      const { port } = await started();
      const { status, headers } = await get(port, '/logs/assets/index-abc.js', {
        headers: { 'accept-encoding': accepted },
      });
      expect([status, headers['content-encoding'], Number(headers['content-length'])]).toEqual([200, encoding, length]);
      expect(headers).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-type': expect.stringMatching(/^(text|application)\/javascript/),
        vary: 'accept-encoding',
        'x-content-type-options': 'nosniff',
      });
    },
  );

  test.each(['/logs/assets/none.js', '/logs/assets/.secret', '/logs/.secret', '/logs/index.html'])(
    'has nothing else: %s',
    async (path) => {
      const { port } = await started();
      expect((await getAs('bob', port, path)).status).toBe(404);
    },
  );

  test.each(['/logs/assets/', '/logs/assets/../.secret', '/logs/assets/..%2f.secret', '/logs/assets/%2e%2e/.secret'])(
    'lets nobody out of its folder: %s',
    async (path) => {
      const { port } = await started();
      const { status, body } = await get(port, path);
      expect(status).toBe(400);
      expect(body).not.toContain('not for anybody');
    },
  );

  test('is 503 and says why where it has not been built; the API is there all the same', async () => {
    const { port } = await startGateway(secretPath, { viewerDirectory: join(directory, 'none') });
    const { status, body } = await get(port, '/logs/');
    expect([status, JSON.parse(body).code]).toEqual([503, 'viewer-not-built']);
    expect((await get(port, '/health/ready')).status).toBe(200);
  });

  test('is not there when switched off', async () => {
    const { port } = await startGateway(secretPath, {
      viewerDirectory: directory,
      router: testRouter({ without: new Set(['viewer']) }),
    });
    for (const path of ['/', '/logs', '/logs/', '/logs/assets/index-abc.js']) {
      expect((await getAs('bob', port, path)).status).toBe(404);
    }
  });
});
