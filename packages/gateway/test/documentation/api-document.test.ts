import { describe, expect, it } from 'vitest';
import { keyDirectory, secret } from '../auth/keys.ts';
import { startGateway } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);

interface ApiDocument {
  openapi: string;
  paths: Record<string, { get?: { security?: unknown[] } }>;
}

describe('/docs', () => {
  it('is a page that loads nothing from elsewhere', async () => {
    const { port } = await startGateway(secretPath);
    const origin = `http://127.0.0.1:${port}`;
    const answer = await fetch(`${origin}/docs`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
    const page = await answer.text();
    const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source = '']) => source);
    expect(page).toContain('<title>Clusterlog gateway</title>');
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) {
      const { origin: from, href } = new URL(source, `${origin}/docs`);
      expect(from).toBe(origin);
      expect((await fetch(href)).status).toBe(200);
    }
  });

  it('is an OpenAPI 3.1 document of every route, which says where no token is needed', async () => {
    const { port } = await startGateway(secretPath);
    const origin = `http://127.0.0.1:${port}`;
    const document = (await (await fetch(`${origin}/docs/json`)).json()) as ApiDocument;
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/system/v1/logs/v1/range/task/{taskId}', '/health/ready', '/.well-known/jwks.json']),
    );
    expect(Object.keys(document.paths).filter((path) => path.startsWith('/docs'))).toEqual([]);
    expect(document.paths['/health/ready']?.get?.security).toEqual([]);
    expect(document.paths['/system/v1/logs/v1/range/']?.get?.security).toBeUndefined();
  });
});
