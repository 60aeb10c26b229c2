import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { parseLargeJson } from '../mesos/large-json.ts';
import { arrayOf, isObject } from '../mesos/shapes.ts';

/** Whether an agent may be told of. */
type MayTell = (agentId: string) => boolean;

/** How deep agents lie in the answer to GET_AGENTS: `get_agents.agents[]`. */
const AGENT_DEPTH = 3;

/**
 * The answer to GET_AGENTS with those agents that may be told of. What is not understood is left out.
 *
 * @throws Error when it is no such answer
 */
export async function filterAgentsJson(answer: Buffer, mayTell: MayTell): Promise<Buffer> {
  const parsed = await parseLargeJson(answer, AGENT_DEPTH);
  const payload = isObject(parsed) ? parsed.get_agents : undefined;
  if (!isObject(payload)) throw new Error('expected an answer with "get_agents" from the Mesos master, found none');
  const told = (agent: unknown) => {
    const info = isObject(agent) && 'agent_info' in agent ? agent.agent_info : agent;
    const id = isObject(info) && isObject(info.id) ? info.id.value : undefined;
    return typeof id === 'string' && mayTell(id);
  };
  const filtered = {
    type: 'GET_AGENTS',
    get_agents: {
      agents: arrayOf(payload, 'agents').filter(told),
      recovered_agents: arrayOf(payload, 'recovered_agents').filter(told),
    },
  };
  return Buffer.from(JSON.stringify(filtered));
}

/** Fields of `mesos.v1.master.Response`, of its `GetAgents` and of `AgentInfo`, by number. */
const response = { type: 1, getAgents: 10 };
const getAgents = { agents: 1, recoveredAgents: 2 };
const agent = { agentInfo: 1 };
const agentInfo = { id: 6 };
const agentId = { value: 1 };
/** `GET_AGENTS` in `Response.Type`. */
const typeGetAgents = 9;

/** The same of an answer in protobuf: agents are passed on as they came, or left out. */
export function filterAgentsProtobuf(answer: Uint8Array, mayTell: MayTell): Uint8Array {
  const [payload] = membersOf(answer, response.getAgents);
  if (payload === undefined) throw new Error('expected an answer with get_agents from the Mesos master, found none');
  const writer = new BinaryWriter();
  writer.tag(response.type, WireType.Varint).int32(typeGetAgents);
  writer.tag(response.getAgents, WireType.LengthDelimited).fork();
  for (const one of membersOf(payload, getAgents.agents)) {
    const [info] = membersOf(one, agent.agentInfo);
    if (info === undefined || !isTold(info, mayTell)) continue;
    writer.tag(getAgents.agents, WireType.LengthDelimited).bytes(one);
  }
  for (const info of membersOf(payload, getAgents.recoveredAgents)) {
    if (isTold(info, mayTell)) writer.tag(getAgents.recoveredAgents, WireType.LengthDelimited).bytes(info);
  }
  return writer.join().finish();
}

function isTold(info: Uint8Array, mayTell: MayTell): boolean {
  const [id] = membersOf(info, agentInfo.id);
  const [value] = id === undefined ? [] : membersOf(id, agentId.value);
  return value !== undefined && mayTell(Buffer.from(value).toString('utf8'));
}

/** The length-delimited members with a number. */
function membersOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const reader = new BinaryReader(message);
  const members: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === wanted && wire === WireType.LengthDelimited) members.push(reader.bytes());
    else reader.skip(wire, field);
  }
  return members;
}
