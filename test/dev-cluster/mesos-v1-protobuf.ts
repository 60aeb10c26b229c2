import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** The protobuf of Mesos' v1 operator API (`include/mesos/v1/master/master.proto`, `mesos.proto`), as far as its clients here read it. */

interface AgentInfo {
  readonly hostname: string;
  readonly port: number;
  readonly id: { readonly value: string };
}

interface Agents {
  readonly agents: readonly {
    readonly agent_info: AgentInfo;
    readonly active: boolean;
    readonly version: string;
    readonly pid: string;
  }[];
  readonly recovered_agents: readonly AgentInfo[];
}

interface MasterInfo {
  readonly id: string;
  readonly ip: number;
  readonly port: number;
  readonly pid: string;
  readonly hostname: string;
  readonly version: string;
}

const types = { GET_HEALTH: 1, GET_VERSION: 3, GET_AGENTS: 9, GET_MASTER: 15 } as const;
const members = { GET_HEALTH: 2, GET_VERSION: 4, GET_AGENTS: 10, GET_MASTER: 16 } as const;

/** `Response` of one type, with the member that belongs to it. */
export function protobufResponse(type: keyof typeof types, payload: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int32(types[type]);
  writer.tag(members[type], WireType.LengthDelimited).bytes(payload);
  return writer.finish();
}

export function protobufAgents({ agents, recovered_agents }: Agents): Uint8Array {
  const writer = new BinaryWriter();
  for (const { agent_info, active, version, pid } of agents) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).bytes(agentInfo(agent_info));
    writer.tag(2, WireType.Varint).bool(active);
    writer.tag(3, WireType.LengthDelimited).string(version);
    writer.tag(4, WireType.LengthDelimited).string(pid);
    writer.join();
  }
  for (const info of recovered_agents) writer.tag(2, WireType.LengthDelimited).bytes(agentInfo(info));
  return writer.finish();
}

export function protobufHealth(healthy: boolean): Uint8Array {
  return new BinaryWriter().tag(1, WireType.Varint).bool(healthy).finish();
}

export function protobufVersion(version: string): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).fork();
  return writer.tag(1, WireType.LengthDelimited).string(version).join().finish();
}

export function protobufMaster({ id, ip, port, pid, hostname, version }: MasterInfo): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(id);
  writer.tag(2, WireType.Varint).uint32(ip);
  writer.tag(3, WireType.Varint).uint32(port);
  for (const [field, text] of [
    [4, pid],
    [5, hostname],
    [6, version],
  ] as const) {
    writer.tag(field, WireType.LengthDelimited).string(text);
  }
  return writer.join().finish();
}

function agentInfo({ hostname, port, id }: AgentInfo): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(hostname);
  writer.tag(6, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(id.value).join();
  writer.tag(8, WireType.Varint).int32(port);
  return writer.finish();
}
