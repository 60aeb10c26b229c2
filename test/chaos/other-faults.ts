import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { between, type FaultKind, type World } from './fault.ts';

/** How long the loss of a master takes to show: three of its heartbeats, and what comes on top. */
const masterNoticed = 4_500;

export const masterFaults: Readonly<Record<string, FaultKind>> = {
  'master killed': ({ random, cluster }) => {
    const leader = leaderOf(cluster);
    return {
      victim: 'masters',
      lasts: between(random, masterNoticed, 10_000),
      shows: 'mesos',
      begin: () => leader.kill(),
      end: () => leader.start(),
    };
  },
  'master frozen': ({ random, cluster }) => ({
    victim: 'masters',
    lasts: between(random, masterNoticed, 12_000),
    shows: 'mesos',
    begin: () => {
      for (const master of cluster.masters) master.frozen = true;
    },
    end: () => {
      for (const master of cluster.masters) master.frozen = false;
    },
  }),
  'another master leads': ({ cluster }) => ({
    victim: 'masters',
    lasts: 0,
    begin: () => {
      const next = cluster.masters.find((master) => master !== leaderOf(cluster));
      for (const master of cluster.masters) master.leader = next;
      for (const master of cluster.masters) master.cutStreams();
    },
  }),
  'master without its state': ({ random, cluster }) => ({
    victim: 'masters',
    lasts: between(random, 1_000, 4_000),
    begin: async () => {
      const leader = leaderOf(cluster);
      await leader.kill();
      cluster.mesos.masterRestarted();
      await leader.start();
    },
    // Agents register again one after the other.
    end: () => {
      for (const { agentId } of cluster.nodes) cluster.mesos.agentReturned(agentId);
    },
  }),
};

export const journalFaults: Readonly<Record<string, FaultKind>> = {
  'journald killed': ({ random, cluster }) => {
    const { name, journald } = random.pick(cluster.nodes.filter((node) => node.journald !== undefined));
    if (journald === undefined) return undefined;
    const lasts = between(random, 500, 4_000);
    return { victim: `journal of ${name}`, lasts, begin: () => journald.kill(), end: () => journald.restart() };
  },
  'journal rotated': ({ random, cluster }) => {
    const { name, log } = random.pick(cluster.nodes);
    const begin = async () => {
      for (let times = 1 + random.below(3); times > 0; times--) await log.rotate();
    };
    return { victim: `journal of ${name}`, lasts: 0, begin };
  },
  'journal vacuumed': ({ random, cluster }) => {
    const node = random.pick(cluster.nodes);
    const { delivered } = node;
    if (delivered.length === 0) return undefined;
    return { victim: `journal of ${node.name}`, lasts: 0, begin: () => node.log.vacuum(delivered) };
  },
  'journal vacuumed unread': ({ random, cluster, spared }) => {
    const node = random.pick(cluster.nodes);
    if (spared.has(node.agent.name)) return undefined;
    const begin = async () => {
      await node.agent.kill();
      await sleep(between(random, 500, 3_000));
      await node.vacuumUnread();
    };
    return { victim: node.agent.name, lasts: 500, silences: node.agentId, begin, end: () => node.agent.start() };
  },
  'journal’s disk full': ({ random, cluster }) => {
    const { name, disk, journald } = random.pick(cluster.nodes.filter((node) => node.disk !== undefined));
    if (disk === undefined) return undefined;
    const begin = async () => {
      await disk.fill();
      // The file being written has room of its own for a while; for another there is none.
      journald?.askToRotate();
    };
    return { victim: `journal of ${name}`, lasts: between(random, 2_000, 8_000), begin, end: () => disk.empty() };
  },
};

export const clientFaults: Readonly<Record<string, FaultKind>> = {
  'clients cut off': ({ random, followers }) => ({
    victim: 'clients',
    lasts: 0,
    begin: () => {
      for (const follower of followers) if (random.next() < 0.5) follower.cut();
    },
  }),
  'clients that take nothing': ({ random, followers }) => {
    const lasts = between(random, 3_000, 10_000);
    const begin = () => {
      for (let i = 0; i < 5; i++) random.pick(followers).stall(lasts);
    };
    return { victim: 'clients', lasts, begin };
  },
  'clients that come and die': (world) => ({ victim: 'clients', lasts: 2_000, begin: () => dyingClients(world, 40) }),
};

export const taskFaults: Readonly<Record<string, FaultKind>> = {
  'task moved': ({ workload }) => ({ victim: 'masters', lasts: 0, begin: () => workload.move() }),
};

function leaderOf({ masters }: World['cluster']): World['cluster']['masters'][number] {
  return masters[0].leader ?? masters[0];
}

/** They ask, take a little, and are gone; not all of them wait for an answer. */
async function dyingClients({ random, cluster, followers }: World, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async () => {
      const url = new URL(random.pick(followers).kind.path, random.pick(cluster.gateways).service.url);
      const signal = AbortSignal.timeout(between(random, 1, 1_500));
      const headers = { authorization: `token=${cluster.token}`, accept: 'text/event-stream' };
      await request(url, { headers, signal })
        .then(({ body }) => body.dump({ limit: Number.POSITIVE_INFINITY, signal }))
        .catch(() => undefined);
    }),
  );
}
