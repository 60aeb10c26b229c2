import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NginxEdge } from '../fixtures/nginx.ts';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { ViewerInBrowser } from './page.ts';

describe.skipIf(cannotRun(whyNoPrograms('chromium')))('signing in to the viewer', () => {
  let viewer: ViewerInBrowser;
  beforeAll(async () => {
    const gatewayArguments = ['--trusted-proxy', '127.0.0.1'];
    viewer = await ViewerInBrowser.start({ nodes: 1, workload: true, gatewayArguments });
  });
  afterAll(() => viewer?.[Symbol.asyncDispose]());

  /** @param lifetime in seconds */
  function tokenOf(uid: string, lifetime: number): Promise<string> {
    const secret = Buffer.from(readFileSync(join(viewer.cluster.directory, 'caller-secret'), 'utf8').trimEnd());
    const exp = Math.floor(Date.now() / 1000) + lifetime;
    return new SignJWT({ uid, exp }).setProtectedHeader({ alg: 'HS256' }).sign(secret);
  }

  const form = (page: Page) => page.getByRole('dialog', { name: /Sign in|Your token has ended/ });

  async function fill(page: Page, token: string, keep = false): Promise<void> {
    await form(page).getByLabel('Token', { exact: true }).fill(token);
    if (keep) await form(page).getByRole('checkbox').check();
    await form(page).getByRole('button', { name: 'Sign in' }).click();
  }

  it('needs no form where the cookie of DC/OS is there', async () => {
    await using opened = await viewer.open();
    await opened.page.getByText('demo, until').waitFor();
    expect(await form(opened.page).isVisible()).toBe(false);
    await opened.page.getByRole('button', { name: 'Sign out' }).click();
    await opened.page.getByText('still signed in by DC/OS').waitFor();
  });

  it('takes a token by a form, tells who it is and until when, and forgets it with the page', async () => {
    await using opened = await viewer.open({ token: null });
    const { page } = opened;
    await form(page).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('token');
    await fill(page, `Authorization: Bearer ${await tokenOf('bob', 3600)}`);
    await form(page).waitFor({ state: 'hidden' });
    // With its date where the hour from now on has midnight in it.
    await page.getByText(/bob, until (?:\d|[A-Z][a-z]+ \d)/).waitFor();
    expect(await page.context().cookies()).toEqual([]);
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain('eyJ');
    await page.reload();
    await form(page).waitFor();
  });

  it('keeps it where asked to, out of reach of scripts, until signed out', async () => {
    await using opened = await viewer.open({ token: null });
    const { page } = opened;
    await fill(page, await tokenOf('bob', 3600), true);
    await page.getByText(/bob, until/).waitFor();
    expect(await page.context().cookies()).toMatchObject([{ name: 'clusterlog', httpOnly: true, sameSite: 'Strict' }]);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    await page.reload();
    await page.getByText(/bob, until/).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await form(page).waitFor();
    expect(await page.context().cookies()).toEqual([]);
  });

  it('says what is wrong with a token, and lets another be tried', async () => {
    await using opened = await viewer.open({ token: null });
    const { page } = opened;
    await fill(page, await tokenOf('bob', -10));
    await form(page).getByRole('alert').getByText('does not take this token').waitFor();
    await fill(page, await tokenOf('bob', 3600));
    await page.getByText(/bob, until/).waitFor();
  });

  it('cannot be left while nobody is signed in', async () => {
    await using opened = await viewer.open({ token: null });
    const { page } = opened;
    await form(page).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.mouse.click(5, 5);
    await expect.poll(() => form(page).isVisible()).toBe(true);
    expect(await page.evaluate(() => document.querySelector('dialog')?.contains(document.activeElement))).toBe(true);
  });

  it('warns before the token ends, and takes another without losing anything', async () => {
    await using opened = await viewer.open({ token: null });
    const { page } = opened;
    await fill(page, await tokenOf('bob', 200));
    await page.getByText(/Your token ends in 4 min/).waitFor();
    await page.getByRole('button', { name: 'Sign in anew' }).click();
    await fill(page, await tokenOf('bob', 3600));
    await page.getByText(/Your token ends/).waitFor({ state: 'hidden' });
  });

  it('asks again when the token has ended, and then goes on with what was asked', async () => {
    await using opened = await viewer.open({ token: null, address: '?component=ssh.service' });
    const { page } = opened;
    await fill(page, await tokenOf('bob', 3));
    await page.getByText(/bob, until/).waitFor();
    await page.getByText('Your token has ended').waitFor({ timeout: 30_000 });
    await page.getByText('You were signed in as bob').waitFor();
    const going = page.waitForResponse(
      (response) => response.url().includes('/v3/follow?') && response.status() === 200,
      { timeout: 60_000 },
    );
    await fill(page, await tokenOf('bob', 3600));
    await going;
    expect(page.url()).toContain('?component=ssh.service');
  });

  it.skipIf(cannotRun(whyNoPrograms('nginx')))('keeps it by TLS alone where the page came by TLS', async () => {
    await using edge = await NginxEdge.start([viewer.origin]);
    await using opened = await viewer.open({ token: null, ignoreHTTPSErrors: true });
    const { page } = opened;
    await page.goto(`${edge.https}/`);
    expect(page.url()).toBe(`${edge.https}/logs/`);
    await fill(page, await tokenOf('bob', 3600), true);
    await page.getByText(/bob, until/).waitFor();
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ name: '__Host-clusterlog', secure: true, httpOnly: true, sameSite: 'Strict' });
    await page.getByRole('log').locator('.row').first().waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await form(page).waitFor();
    expect(await page.context().cookies()).toEqual([]);
  });

  it('takes no token from the address', async () => {
    const token = await tokenOf('bob', 3600);
    await using opened = await viewer.open({ token: null, address: `?token=${token}#token=${token}` });
    await form(opened.page).waitFor();
    expect(await opened.page.context().cookies()).toEqual([]);
  });
});
