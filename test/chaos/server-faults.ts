import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { commandOf } from '../dev-cluster/service-process.ts';
import { between, type Fault, type FaultKind, type World } from './fault.ts';
import type { Server } from './server.ts';

const run = promisify(execFile);

/** How far a clock may be from the machine's, in seconds; a gateway's less, so that it is never 10 s from an agent's. */
const farthestNode = 5;
const farthestGateway = 4;

export const agentFaults: Readonly<Record<string, FaultKind>> = {
  'agent killed': (world) => killed(world, world.random.pick(world.cluster.nodes)),
  'agent stopped and started': (world) => {
    const { agent } = world.random.pick(world.cluster.nodes);
    if (world.spared.has(agent.name)) return undefined;
    return {
      victim: agent.name,
      lasts: between(world.random, 100, 2_000),
      begin: () => agent.stop(),
      end: () => agent.start(),
    };
  },
  'agent frozen': ({ random, cluster }) => {
    const { agent, agentId } = random.pick(cluster.nodes);
    const lasts = between(random, 2_000, 20_000);
    return { victim: agent.name, lasts, silences: agentId, begin: () => agent.freeze(), end: () => agent.thaw() };
  },
  'agent cut off the network': ({ random, cluster }) => {
    const { agent, agentId, network } = random.pick(cluster.nodes.filter((node) => node.network !== undefined));
    if (network === undefined) return undefined;
    const lasts = between(random, 2_000, 10_000);
    return { victim: agent.name, lasts, silences: agentId, begin: () => network.cut(), end: () => network.heal() };
  },
  'agent without descriptors': (world) => withoutDescriptors(world, world.random.pick(world.cluster.nodes).agent),
  'node’s clock stepped': ({ random, cluster }) => {
    const node = random.pick(cluster.nodes);
    const target = Math.round((random.next() * 2 - 1) * farthestNode * 1_000) / 1_000;
    return { victim: `clock of ${node.name}`, lasts: 0, begin: () => node.stepClock(target - node.clock.offset) };
  },
};

export const gatewayFaults: Readonly<Record<string, FaultKind>> = {
  'gateway killed': (world) => {
    const gateway = world.random.pick(world.cluster.gateways);
    if (world.spared.has(gateway.name)) return undefined;
    return {
      ...of(gateway),
      lasts: between(world.random, 100, 5_000),
      begin: () => gateway.kill(),
      end: () => gateway.start(),
    };
  },
  'gateway stopped and started': (world) => {
    const gateway = world.random.pick(world.cluster.gateways);
    if (world.spared.has(gateway.name)) return undefined;
    return {
      ...of(gateway),
      lasts: between(world.random, 100, 3_000),
      begin: () => gateway.stop(),
      end: () => gateway.start(),
    };
  },
  'gateway frozen': ({ random, cluster }) => {
    const gateway = random.pick(cluster.gateways);
    const lasts = between(random, 2_000, 20_000);
    return { ...of(gateway), lasts, begin: () => gateway.freeze(), end: () => gateway.thaw() };
  },
  'gateway without descriptors': (world) => {
    const gateway = world.random.pick(world.cluster.gateways);
    return { ...withoutDescriptors(world, gateway), gateway: gateway.name };
  },
  'gateway’s clock stepped': ({ random, cluster }) => {
    const { name, clock } = random.pick(cluster.gateways);
    const target = Math.round((random.next() * 2 - 1) * farthestGateway * 1_000) / 1_000;
    return { victim: `clock of ${name}`, lasts: 0, begin: () => clock.set(target) };
  },
  'gateways’ disk full': ({ random, cluster }) => {
    const lasts = between(random, 2_000, 6_000);
    const begin = async () => {
      const before = readFileSync(cluster.signingKeyFile, 'utf8');
      await cluster.stateDisk.fill();
      // Whoever changes keys just now is told so, and the keys stay as they are.
      const command = [
        ...commandOf('gateway', cluster.run),
        'keys',
        'rotate',
        '--signing-key-file',
        cluster.signingKeyFile,
      ];
      const done = await run(process.execPath, command).then(
        () => true,
        () => false,
      );
      if (done) throw new Error('expected that keys cannot be changed on a full disk, and they were');
      if (readFileSync(cluster.signingKeyFile, 'utf8') !== before) throw new Error('a full disk has changed the keys');
    };
    return { victim: 'the gateways’ disk', lasts, begin, end: () => cluster.stateDisk.empty() };
  },
};

function of({ name }: Server): { readonly victim: string; readonly gateway: string } {
  return { victim: name, gateway: name };
}

function killed({ random, spared }: World, { agent, agentId }: World['cluster']['nodes'][number]): Fault | undefined {
  if (spared.has(agent.name)) return undefined;
  const lasts = between(random, 100, 6_000);
  return { victim: agent.name, lasts, silences: agentId, begin: () => agent.kill(), end: () => agent.start() };
}

/** And clients come just then. */
function withoutDescriptors({ random, followers }: World, server: Server): Fault {
  let giveBack: (() => void) | undefined;
  return {
    victim: server.name,
    lasts: between(random, 2_000, 6_000),
    begin: () => {
      giveBack = server.exhaustDescriptors();
      for (let i = 0; i < 5; i++) random.pick(followers).cut();
    },
    end: () => giveBack?.(),
  };
}
