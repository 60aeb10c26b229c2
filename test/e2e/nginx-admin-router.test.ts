import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import { commandOf } from '../dev-cluster/service-process.ts';
import { run } from '../fixtures/nginx.ts';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { Follower } from './follower.ts';

/** What the Admin Router of a DC/OS node does with logs: no authentication, and the prefix is cut off. */
const adminRouter = (port: number, socket: string, temporary: string) => `
# On a node, Admin Router's group owns the socket.
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${temporary}/nginx.pid;
error_log stderr notice;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'].map((name) => `${name}_temp_path ${temporary}/${name};`).join('\n  ')}
  upstream log { server unix:${socket}; }
  server {
    listen 127.0.0.1:${port};
    location /system/v1/logs/ {
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass_header X-Accel-Buffering;
      proxy_pass http://log/;
    }
    location / { return 404; }
  }
}
`;

describe.skipIf(cannotRun(whyNoPrograms('nginx')))(
  'an agent on dcos-log’s socket, behind the Admin Router of its node',
  () => {
    let cluster: DevCluster;
    let node: DevNode;
    let socket: string;
    let nginx: ChildProcess;
    const agents: ChildProcess[] = [];

    beforeAll(async () => {
      cluster = await DevCluster.start({ nodes: 1 });
      node = cluster.nodes[0] as DevNode;
      await node.agent.kill();
      node.journal.service('ssh.service', 'sshd', 'first', 'syslog');
      socket = join(cluster.directory, 'dcos-log.sock');
      const temporary = join(cluster.directory, 'admin-router');
      mkdirSync(temporary);
      // nginx takes the port that the agent had: the gateway knows nothing of it.
      const port = Number(new URL(node.agent.url).port);
      writeFileSync(join(temporary, 'nginx.conf'), adminRouter(port, socket, temporary));
      nginx = await run(temporary, 'nginx.conf');
    });
    afterAll(async () => {
      for (const child of [...agents, nginx]) await end(child);
      await cluster?.stop();
    });

    async function end(child: ChildProcess | undefined): Promise<void> {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }

    /** Starts the agent on the socket, in place of the one before. */
    async function startAgent(...flags: readonly string[]): Promise<void> {
      for (const child of agents.splice(0)) await end(child);
      const common = ['--listen', `unix:${socket}`, '--journal', node.journalDirectory, '--metrics-listen', 'off'];
      agents.push(
        spawn(process.execPath, [...commandOf('node-agent', 'source'), ...common, ...flags], {
          stdio: ['ignore', 'ignore', 'inherit'],
        }),
      );
      await vi.waitUntil(async () => (await unauthenticated('/health/ready')).status === 200, { timeout: 10_000 });
    }

    async function unauthenticated(path: string): Promise<{ status: number; text: string }> {
      const { statusCode, body } = await request(`${node.agent.url}/system/v1/logs${path}`);
      return { status: statusCode, text: await body.text() };
    }

    it('answers the gateway through it, and refuses everybody else', async () => {
      await startAgent('--agent-id', node.agentId, '--gateway-keys', `${cluster.gateway.url}/.well-known/jwks.json`);
      const path = `/system/v1/agent/${node.agentId}/logs/v1`;
      const range = await cluster.get(`${path}/range/?limit=1`);
      expect([range.status, range.text]).toEqual([200, expect.stringMatching(/: first\n$/)]);
      expect((await unauthenticated('/v1/range/?limit=1')).status).toBe(401);

      const url = `${cluster.gateway.url}${path}/stream/?skip_prev=1`;
      const follower = await Follower.open({ url, token: cluster.token });
      try {
        await follower.until(({ messages }) => messages.includes('first'));
        node.journal.service('ssh.service', 'sshd', 'second', 'syslog');
        await follower.until(({ messages }) => messages.includes('second'));
      } finally {
        follower.close();
      }
    });

    it('answers as dcos-log did, where Admin Router alone says who may ask', async () => {
      await startAgent('--insecure-open');
      const { status, text } = await unauthenticated('/v1/range/?limit=1');
      expect([status, text]).toEqual([200, expect.stringMatching(/: first\n$/)]);
    });
  },
);
