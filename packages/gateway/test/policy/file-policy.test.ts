import { utimesSync, writeFileSync } from 'node:fs';
import { Scope } from '@clusterlog/shared';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import type { Caller } from '../../src/auth/caller.ts';
import type { MesosTask } from '../../src/mesos/model.ts';
import { compileRules } from '../../src/policy/compiled-rules.ts';
import { FilePolicy } from '../../src/policy/file-policy.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import type { Grant } from '../../src/policy/policy.ts';
import { openPolicy } from '../../src/policy/policy-options.ts';
import { keyDirectory } from '../auth/keys.ts';
import { agentS1, indexOf, task } from '../gateway.ts';

const uuid = '0f1c2b3a-aaaa-11ee-9d5c-1e8f5f0e8a01';
const marathonTask = (path: string, parts: Partial<MesosTask> = {}) =>
  task(`${path.slice(1).replaceAll('/', '_')}.instance-${uuid}._app.1`, parts);

const web = marathonTask('/team-a/web');
const database = marathonTask('/team-b/db', { agentId: 'S2', labels: [{ key: 'SECRET', value: 'yes' }] });
const report = task('report-1', { frameworkName: 'metronome', role: 'batch', agentId: 'S2' });

const agentS2 = { ...agentS1, id: 'S2', host: '127.0.0.2' };
const index = indexOf({ tasks: [web, database, report], agents: [agentS1, agentS2] });

function caller(uid: string, ...groups: string[]): Caller {
  return { uid, groups, expiresAt: undefined };
}

function policyOf(rules: string, known = index): FilePolicy {
  const compiled = compileRules(parsePolicy(`version: 1\nrules:\n${rules}`));
  return new FilePolicy({
    path: 'policy.yaml',
    rules: () => ({ version: 1, rules: compiled }),
    forms: { stream: false, trusted: [] },
    index: known,
  });
}

function scopeOf(grant: Grant): Scope {
  if (!grant.allowed) throw new Error(`not allowed: ${grant.reason}`);
  expect(Value.Check(Scope, grant.scope)).toBe(true);
  return grant.scope;
}

const node = (agentId: string) => ({ kind: 'node', agentId }) as const;
const taskSubject = (one: MesosTask) => ({ kind: 'task', task: one }) as const;

describe('a policy file’s rules', () => {
  it('deny everything to whom no rule concerns', () => {
    const policy = policyOf('  - {who: {uid: [alice]}, allow: [everything]}');
    expect(policy.decide(caller('bob'), node('S1'))).toEqual({ allowed: false, reason: 'no rule allows it' });
    expect(policy.decide(caller('bob'), taskSubject(web)).allowed).toBe(false);
    expect(scopeOf(policy.decide(caller('alice'), node('S1'))).read).toBe('node');
  });

  it('know callers by name and by group, and except some', () => {
    const policy = policyOf(
      '  - {name: staff, who: {groups: [staff]}, except: {uid: [eve]}, allow: [everything]}\n  - {who: {uid: [carl]}, allow: [everything]}',
    );
    expect(policy.decide(caller('alice', 'x', 'staff'), node('S1'))).toMatchObject({
      allowed: true,
      reason: 'allowed by rule 1, staff',
    });
    expect(policy.decide(caller('eve', 'staff'), node('S1')).allowed).toBe(false);
    expect(policy.decide(caller('carl'), node('S1')).allowed).toBe(true);
  });

  it.each([
    ['service: [/team-a/**]', web],
    ['service: [/team-a/*]', web],
    ['framework: [metronome]', report],
    ['role: [bat*]', report],
    ['label: {SECRET: "*"}', database],
    ['id: [report-*]', report],
    ['service: [/team-b/**], label: {SECRET: yes}', database],
  ])('grant tasks by %s', (selector, wanted) => {
    const policy = policyOf(`  - {who: everyone, allow: [{tasks: {${selector}}}]}`);
    for (const one of [web, database, report]) {
      expect(policy.decide(caller('alice'), taskSubject(one)).allowed).toBe(one === wanted);
    }
  });

  it('deny what any rule denies, whatever others allow', () => {
    const policy = policyOf(
      '  - {who: everyone, allow: [everything]}\n  - {who: {groups: [guests]}, deny: [{tasks: {label: {SECRET: yes}}}]}',
    );
    expect(policy.decide(caller('alice'), taskSubject(database)).allowed).toBe(true);
    expect(policy.decide(caller('bob', 'guests'), taskSubject(database))).toEqual({
      allowed: false,
      reason: 'denied by rule 2',
    });
    expect(policy.decide(caller('bob', 'guests'), taskSubject(web)).allowed).toBe(true);
  });

  it('give a node’s part to whom only a part of it is allowed: containers that Mesos has forgotten are not in it', () => {
    const policy = policyOf('  - {who: everyone, allow: [{systemLogs: ["S1"]}, {tasks: {service: [/team-a/**]}}]}');
    const absent = ['FRAMEWORK_ID', 'CONTAINER_ID', 'CONTAINER_ID_FULL'].map((field) => ({ field, present: false }));
    const { read } = scopeOf(policy.decide(caller('alice'), node('S1')));
    expect(read[0]).toEqual(absent);
    expect(read).toContainEqual(expect.arrayContaining([{ field: 'CONTAINER_ID', in: [web.containerId] }]));
    expect(policy.decide(caller('alice'), node('S2')).allowed).toBe(false);
  });

  it('grant no whole node to whom tasks are denied, but the tasks that are allowed', () => {
    const policy = policyOf('  - {who: everyone, allow: [everything], deny: [{tasks: {label: {SECRET: "*"}}}]}');
    const { read } = scopeOf(policy.decide(caller('alice'), node('S2')));
    expect(JSON.stringify(read)).toContain(String(report.containerId));
    expect(JSON.stringify(read)).not.toContain(String(database.containerId));
  });

  it('grant components without the entries of containers, which their logger writes from inside the Mesos agent’s unit', () => {
    const policy = policyOf('  - {who: everyone, allow: [{components: [dcos-mesos-slave.service]}]}');
    const { read } = scopeOf(policy.decide(caller('alice'), node('S7')));
    expect(read).toHaveLength(4);
    for (const group of read) expect(group).toContainEqual({ field: 'FRAMEWORK_ID', present: false });
  });

  it('deny components out of system logs', () => {
    const policy = policyOf(
      '  - {who: everyone, allow: [{systemLogs: ["*"]}], deny: [{components: [sshd.service], nodes: [S1]}]}',
    );
    expect(JSON.stringify(scopeOf(policy.decide(caller('a'), node('S1'))).read)).toContain(
      '{"field":"_SYSTEMD_UNIT","notIn":["sshd.service"]}',
    );
    expect(JSON.stringify(scopeOf(policy.decide(caller('a'), node('S2'))).read)).not.toContain('notIn');
  });

  it('deny whole nodes with all that ran there', () => {
    const policy = policyOf('  - {who: everyone, allow: [everything], deny: [{nodes: [S2]}]}');
    expect(policy.decide(caller('a'), node('S2')).allowed).toBe(false);
    expect(policy.decide(caller('a'), taskSubject(database)).allowed).toBe(false);
    expect(policy.decide(caller('a'), taskSubject(web)).allowed).toBe(true);
  });

  it('speak of both ids of a machine that has registered anew: its journal is one, and an address may be another’s now', () => {
    const anew = { ...agentS2, id: 'S3' };
    const afterwards = indexOf({ tasks: [database], agents: [agentS1, agentS2] });
    afterwards.applyEvent({ type: 'AGENT_ADDED', agent: anew });
    const decide = (rules: string) => policyOf(rules, afterwards).decide(caller('a'), node('S2'));
    const whole = (rules: string) => {
      const grant = decide(rules);
      return grant.allowed && grant.scope.read === 'node';
    };
    expect(whole('  - {who: everyone, allow: [{nodes: [S2]}, {nodes: [S3]}]}')).toBe(true);
    expect(whole('  - {who: everyone, allow: [{nodes: [S2]}]}')).toBe(false);
    expect(decide('  - {who: everyone, allow: [everything], deny: [{nodes: [S3]}]}').allowed).toBe(false);
    expect(decide('  - {who: everyone, allow: [{systemLogs: [S2]}]}').allowed).toBe(false);
    expect(decide('  - {who: everyone, allow: [{components: [a.service], nodes: [S2]}]}').allowed).toBe(false);
    expect(decide('  - {who: everyone, allow: [{components: [a.service]}]}').allowed).toBe(true);
    const ofTasks = decide('  - {who: everyone, allow: [{nodes: [S2]}]}');
    expect(JSON.stringify(scopeOf(ofTasks).read)).toContain(String(database.containerId));
  });

  it('withhold fields and patterns from those they name, in every scope', () => {
    const policy = policyOf(
      '  - {who: everyone, allow: [everything]}\n  - {who: everyone, except: {groups: [ops]}, withhold: [{field: _CMDLINE}, {field: MESSAGE, pattern: "token=[^ ]+"}]}',
    );
    expect(scopeOf(policy.decide(caller('alice'), node('S1'))).withhold).toEqual([
      { field: '_CMDLINE' },
      { field: 'MESSAGE', pattern: 'token=[^ ]+' },
    ]);
    expect(scopeOf(policy.decide(caller('alice'), taskSubject(web))).withhold).toHaveLength(2);
    expect(scopeOf(policy.decide(caller('olga', 'ops'), node('S1'))).withhold).toEqual([]);
  });
});

describe('a policy file that changes', () => {
  const file = keyDirectory();
  const allowAlice = 'version: 1\nrules:\n  - {who: {uid: [alice]}, allow: [everything]}\n';

  /** Each change gets a time of its own, and is looked for once a second. */
  async function change(path: string, text: string): Promise<void> {
    writeFileSync(path, text);
    utimesSync(path, new Date(), new Date(Date.now() + 10_000 * Math.random()));
  }

  it('is in force soon, and when it is none any more, the last good one stays and the problem is known', async () => {
    const path = file('policy.yaml', allowAlice);
    const problems: string[] = [];
    const policy = openPolicy(
      { policy: path, taskForm: [], taskTrustedMatch: [] },
      { index, onProblem: ({ message }) => problems.push(message) },
    );
    const mayRead = (uid: string) => policy.decide(caller(uid), node('S1')).allowed;
    expect(mayRead('alice')).toBe(true);
    await change(path, allowAlice.replace('alice', 'bob'));
    await expect.poll(() => [mayRead('alice'), mayRead('bob')], { timeout: 5_000 }).toEqual([false, true]);
    await change(path, 'version: 1\nrules: {}\n');
    await expect.poll(() => policy.problem, { timeout: 5_000 }).toBe('line 2: rules must be array');
    expect(problems).toEqual(['line 2: rules must be array']);
    expect(mayRead('bob')).toBe(true);
    await change(path, allowAlice);
    await expect.poll(() => [mayRead('alice'), policy.problem], { timeout: 5_000 }).toEqual([true, undefined]);
  });
});
