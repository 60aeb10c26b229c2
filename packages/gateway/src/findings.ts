import type { Finding, Metrics } from '@clusterlog/shared/server';
import type { KeySource } from './auth/key-source.ts';
import type { ClusterIndex } from './mesos/index.ts';
import type { Policy } from './policy/policy.ts';

/**
 * What /health/ready says of Mesos: never reached, nothing can be resolved; gone later, what was known still can. Anyone may
 * read it, so addresses and reasons stand in the log only.
 */
export function mesosFinding(index: Pick<ClusterIndex, 'status'>): Finding {
  const status = index.status();
  switch (status.state) {
    case 'fresh':
      return { check: 'mesos', state: 'ok', detail: `kept up by ${status.by}` };
    case 'stale':
      return {
        check: 'mesos',
        state: 'degraded',
        detail: `no master heard since ${new Date(status.since).toISOString()}; answering from what was known (the log says why)`,
      };
    case 'never-reached':
      return {
        check: 'mesos',
        state: 'failing',
        detail: 'no master was ever reached; see --mesos-master (the log says why)',
      };
  }
}

/** What it says of the keys that callers' tokens are verified with. */
export function keysFinding(sources: readonly KeySource[]): Finding {
  const problems = sources.map((source) => source.problem?.()).filter((problem) => problem !== undefined);
  if (problems.length === 0) return { check: 'auth-keys', state: 'ok' };
  const state = problems.length === sources.length ? 'failing' : 'degraded';
  return { check: 'auth-keys', state, detail: problems.join('; ') };
}

export function policyFinding({ description, problem }: Policy): Finding {
  if (problem !== undefined) {
    return {
      check: 'policy',
      state: 'degraded',
      detail: `the file is no policy any more, the last good one is in force: ${problem}`,
    };
  }
  return { check: 'policy', state: 'ok', detail: description };
}

/** What the index knows, and since when it has not been told anything, as metrics. */
export function observeIndex(metrics: Metrics, index: Pick<ClusterIndex, 'counts' | 'status'>): void {
  metrics.gauge('clusterlog_mesos_tasks', 'Tasks known, forgotten ones included.', () => index.counts().tasks);
  metrics.gauge('clusterlog_mesos_agents', 'Registered agents known.', () => index.counts().agents);
  metrics.gauge(
    'clusterlog_mesos_stale_seconds',
    'For how long the index has not been told anything; 0 while it is fresh.',
    () => {
      const status = index.status();
      return status.state === 'stale' ? status.ageMs / 1000 : 0;
    },
  );
  metrics.gauge('clusterlog_mesos_reached', '0 until a master has told its state for the first time.', () =>
    index.status().state === 'never-reached' ? 0 : 1,
  );
}
