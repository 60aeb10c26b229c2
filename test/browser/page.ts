import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { DevCluster, type DevClusterOptions } from '../dev-cluster/cluster.ts';
import { buildViewer } from './build-viewer.ts';

/** DC/OS' cookie: to come with it is to be signed in. */
export const authCookie = 'dcos-acs-auth-cookie';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface OpenOptions extends BrowserContextOptions {
  /** Behind `/logs/`, such as `?service=/web/frontend`. */
  readonly address?: string;
  /** Whose; default: the dev cluster's own user. `null`: nobody's. */
  readonly token?: string | null;
}

/** A page of the viewer, and what it did that it should not. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings on its console, uncaught errors, violations of its content security policy. */
  readonly complaints: string[];
  /** Addresses it asked that are not the gateway's. */
  readonly foreign: string[];
}

/** A dev cluster whose gateway serves the viewer, and a Chromium to look at it with: one for a test file. */
export class ViewerInBrowser implements AsyncDisposable {
  readonly cluster: DevCluster;
  readonly browser: Browser;

  private constructor(cluster: DevCluster, browser: Browser) {
    this.cluster = cluster;
    this.browser = browser;
  }

  /** @param options of the cluster; default: three nodes with the demo's tasks, which keep logging */
  static async start(options: DevClusterOptions = { workload: true }): Promise<ViewerInBrowser> {
    await buildViewer();
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
    try {
      return new ViewerInBrowser(await DevCluster.start(options), browser);
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.cluster.stop();
  }

  get origin(): string {
    return this.cluster.gateway.url;
  }

  /** Opens a page in a profile of its own, signed in. `await using` closes it. */
  async open({ address = '', token = this.cluster.token, ...more }: OpenOptions = {}): Promise<OpenPage> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, ...more });
    if (token !== null) {
      await context.addCookies([
        { name: authCookie, value: token, url: this.origin, httpOnly: true, sameSite: 'Strict' },
      ]);
    }
    const page = await context.newPage();
    const complaints: string[] = [];
    const foreign: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== 'blob:' && protocol !== 'data:' && origin !== this.origin) foreign.push(request.url());
    });
    await page.goto(`${this.origin}/logs/${address}`);
    return { page, complaints, foreign, [Symbol.asyncDispose]: () => context.close() };
  }
}
