import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkPolicy } from '../../src/policy/check-policy.ts';
import { keyDirectory } from '../auth/keys.ts';

const uuid = '0f1c2b3a-aaaa-11ee-9d5c-1e8f5f0e8a01';
const web = `team-a_web.instance-${uuid}._app.1`;
const file = keyDirectory();
const policy = file(
  'policy.yaml',
  [
    'version: 1',
    'rules:',
    '  - {name: team a, who: {groups: [team-a]}, allow: [{tasks: {service: [/team-a/**]}}]}',
    '  - {name: operators, who: {uid: [olga]}, allow: [everything], withhold: [{field: _CMDLINE}, {field: MESSAGE, pattern: "pw=.*"}]}',
    '',
  ].join('\n'),
);

const asked = { policy, mesosMaster: [], taskForm: [], taskTrustedMatch: [] };

/** A master that knows one task, by `/master/state` alone. */
async function startMaster(): Promise<string> {
  const container = { container_status: { container_id: { value: 'c1' } } };
  const task = {
    id: web,
    name: 'web.team-a',
    framework_id: 'F1',
    executor_id: '',
    slave_id: 'S1',
    state: 'TASK_RUNNING',
    labels: [],
    statuses: [{ state: 'TASK_RUNNING', timestamp: 1, ...container }],
  };
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    if (request.method !== 'GET') return void response.writeHead(404).end();
    const state = {
      id: 'm',
      pid: `master@127.0.0.1:${port}`,
      leader: `master@127.0.0.1:${port}`,
      leader_info: { hostname: '127.0.0.1', port },
      slaves: [{ id: 'S1', hostname: 'n1', pid: 'slave(1)@127.0.0.1:5051', active: true }],
      frameworks: [{ id: 'F1', name: 'marathon', tasks: [task], completed_tasks: [], unreachable_tasks: [] }],
      completed_frameworks: [],
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(state));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('policy check', () => {
  test('says of a file alone that it is a policy, or what is wrong with it', async () => {
    expect(await checkPolicy(asked)).toBe(`${policy} is a policy`);
    const wrong = file('wrong.yaml', 'version: 1\nrules:\n  - {who: bob}\n');
    await expect(checkPolicy({ ...asked, policy: wrong })).rejects.toThrow('line 3: rules.0.who must');
  });

  test('explains by which rule a node may be read, and what is withheld of it', async () => {
    expect(await checkPolicy({ ...asked, uid: 'olga', node: 'S1' })).toBe(
      'olga may read node S1: allowed by rule 2, operators\n  every entry\n  without _CMDLINE\n  without what pw=.* finds in MESSAGE',
    );
    expect(await checkPolicy({ ...asked, uid: 'bob', node: 'S1' })).toBe('bob may not read node S1: no rule allows it');
  });

  test('explains a task of a running cluster by a part of its id', async () => {
    const mesosMaster = [await startMaster()];
    const said = await checkPolicy({ ...asked, uid: 'ann', groups: 'x,team-a', task: 'team-a_web', mesosMaster });
    expect(said).toContain(`ann may read task ${web}: allowed by rule 1, team a\n`);
    expect(said).toContain(`FRAMEWORK_ID=F1, EXECUTOR_ID=${web}, CONTAINER_ID=c1`);
    await expect(checkPolicy({ ...asked, uid: 'ann', task: 'nobody', mesosMaster })).rejects.toThrow(
      '--task: no task is called nobody',
    );
  });

  test('asks for one subject, and for a master where it needs one', async () => {
    await expect(checkPolicy({ ...asked, uid: 'ann' })).rejects.toThrow('give --task or --node');
    await expect(checkPolicy({ ...asked, uid: 'ann', task: 'web' })).rejects.toThrow('--task needs --mesos-master');
  });
});
