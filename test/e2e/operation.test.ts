import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { DevCluster } from '../dev-cluster/cluster.ts';
import { choosePorts } from '../dev-cluster/ports.ts';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';

const root = join(import.meta.dirname, '..', '..');
const rulesDirectory = join(root, 'deploy', 'prometheus');
const textOf = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
}

const rules = (
  parse(textOf('deploy', 'prometheus', 'alerts.yaml')) as { readonly groups: readonly { readonly rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** What the dashboard asks, with its variables filled in. */
const questions = (
  JSON.parse(textOf('deploy', 'grafana', 'clusterlog.json')) as { readonly panels: readonly Panel[] }
).panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr.replaceAll('$instance', '.*')));

function promtool(...args: string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: rulesDirectory, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

/** The names of metrics in PromQL, and of the families that their samples belong to. */
function familiesIn(expression: string): string[] {
  const names = expression.replace(/\{[^}]*\}/g, '').match(/\b(clusterlog|process|nodejs)_[a-z0-9_]+/g) ?? [];
  return names.map((name) => name.replace(/_(bucket|sum|count)$/, ''));
}

describe.skipIf(cannotRun(whyNoPrograms('prometheus')))('alert rules', () => {
  it('are quiet and fire as their tests say', () => {
    const { status, said } = promtool('test', 'rules', 'alerts.test.yaml');
    expect(said).toContain('SUCCESS');
    expect(status).toBe(0);
  });

  it('and the questions of the dashboard are PromQL', () => {
    const directory = mkdtempSync(join(tmpdir(), 'clusterlog-rules-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const asRules = questions.map((expr, i) => ({ record: `question:${i}`, expr }));
    const file = join(directory, 'dashboard.yaml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: asRules }] }));
    const { status, said } = promtool('check', 'rules', join(rulesDirectory, 'alerts.yaml'), file);
    expect(said).toContain(`${questions.length} rules found`);
    expect(status).toBe(0);
  });
});

describe('each alert', () => {
  const tests = textOf('deploy', 'prometheus', 'alerts.test.yaml');
  const page = textOf('docs', 'operations.md');

  it.each(rules.map(({ alert }) => alert))('%s is tested, and explained to operators', (alert) => {
    expect(tests).toContain(`alertname: ${alert}\n`);
    expect(page).toContain(`\`${alert}\``);
  });
});

/** Follows the cluster from now on. */
async function followUntilLines(cluster: DevCluster, lines: number): Promise<void> {
  const url = new URL('/system/v1/logs/v3/follow?tail=0&output=cat', cluster.gateway.url);
  const { body } = await request(url, { headers: { authorization: `token=${cluster.token}` } });
  let seen = 0;
  for await (const chunk of body) {
    seen += String(chunk).split('\n').length - 1;
    if (seen >= lines) return;
  }
}

describe('metrics', () => {
  let cluster: DevCluster;
  let agentMetrics: string;
  let gatewayMetrics: string;

  beforeAll(async () => {
    const [agentPort, gatewayPort] = await choosePorts([0, 0]);
    cluster = await DevCluster.start({
      nodes: 1,
      workload: true,
      agentArguments: ['--metrics-listen', `127.0.0.1:${agentPort}`],
      gatewayArguments: ['--metrics-listen', `127.0.0.1:${gatewayPort}`],
    });
    const read = async (port: number | undefined) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    await cluster.get('/system/v1/logs/v3/entries?limit=1');
    await followUntilLines(cluster, 3);
    agentMetrics = await read(agentPort);
    gatewayMetrics = await read(gatewayPort);
  });
  afterAll(() => cluster?.stop());

  const used = [...new Set([...rules.map(({ expr }) => expr), ...questions].flatMap(familiesIn))].sort();

  it('that the dashboard and the alerts name are many', () => {
    expect(used.length).toBeGreaterThan(25);
  });

  it.each(used)('%s is told by a running agent or gateway', (name) => {
    expect(`${agentMetrics}\n${gatewayMetrics}`).toMatch(new RegExp(`^# TYPE ${name} `, 'm'));
  });

  it.each([
    'clusterlog_health_check{check="journal"} 1',
    'clusterlog_health_check{check="follows"} 1',
    'clusterlog_greatest_scans 400',
    'clusterlog_gaps_total 0',
  ])('of the agent say %s', (line) => {
    expect(agentMetrics).toContain(`${line}\n`);
  });

  it.each([
    'clusterlog_health_check{check="mesos"} 1',
    'clusterlog_mesos_reached 1',
    'clusterlog_greatest_merges 200',
    'clusterlog_ranges_cut_total{budget="time"} 0',
    'clusterlog_ranges_cut_total{budget="size"} 0',
  ])('of the gateway say %s', (line) => {
    expect(gatewayMetrics).toContain(`${line}\n`);
  });

  it('tell how soon lines reach followers, on each hop', () => {
    for (const metrics of [agentMetrics, gatewayMetrics]) {
      expect(metrics).toMatch(/^clusterlog_follow_latency_seconds_count [1-9]/m);
      expect(metrics).toMatch(/^clusterlog_follow_latency_seconds_bucket\{le="10"\} [1-9]/m);
    }
  });

  it('count entries, bytes, and how long callers wait, by route', () => {
    const route = 'route="/system/v1/logs/v3/entries"';
    expect(gatewayMetrics).toMatch(/^clusterlog_entries_sent_total [1-9]/m);
    expect(gatewayMetrics).toMatch(new RegExp(`^clusterlog_http_sent_bytes_total\\{${route}\\} [1-9]`, 'm'));
    expect(gatewayMetrics).toMatch(new RegExp(`^clusterlog_http_until_headers_seconds_count\\{${route}\\} 1$`, 'm'));
  });
});
