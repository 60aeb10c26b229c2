import { expect, it } from 'vitest';
import { servicePath } from '../../src/mesos/service-path.ts';

const uuid = '0f1c2b3a-aaaa-11ee-9d5c-1e8f5f0e8a01';

it.each([
  [`web_frontend.instance-${uuid}._app.1`, 'marathon', '/web/frontend'],
  [`web_frontend.${uuid}`, 'marathon', '/web/frontend'],
  [`my-pod.instance-${uuid}.sidecar`, 'marathon', '/my-pod'],
  [`a_b.c_d.instance-${uuid}._app.12`, 'marathon', '/a/b.c/d'],
  [`web.instance-${uuid}._app.1`, 'team/marathon', '/web'],
  ['node-0-server__1', 'data/cassandra', '/data/cassandra'],
  ['node-0-server__1', '/data/kafka', '/data/kafka'],
  [`web.instance-${uuid}._app.1`, 'mesos-execute', '/mesos-execute'],
])('finds the service of task %s of framework %s to be %s', (id, frameworkName, path) => {
  expect(servicePath({ id, frameworkName })).toBe(path);
});

it.each([
  ['ticker', 'marathon'],
  ['web.instance-1', 'marathon'],
  [`web.instance-${uuid}._app.1`, undefined],
  ['x', ''],
])('finds no service of task %s of framework %s', (id, frameworkName) => {
  expect(servicePath({ id, frameworkName })).toBeUndefined();
});
