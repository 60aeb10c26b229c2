import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** The calls of the master's v1 operator API that are answered, with their numbers in `mesos.v1.master.Call.Type`. */
export const answeredCalls = { GET_HEALTH: 1, GET_VERSION: 3, GET_AGENTS: 10, GET_MASTER: 17 } as const;
export type AnsweredCall = keyof typeof answeredCalls;

export const protobufType = 'application/x-protobuf';

/** In characters; Mesos' own are at most half as long. What a caller sends beyond that shall not stand in logs. */
const longestType = 64;

/**
 * The type of a call, `mesos.v1.master.Call` as JSON or protobuf: its name, or its number where it is none of those that are
 * answered. Nothing else of the call is looked at.
 *
 * @throws Error when it is no call
 */
export function callType(body: Buffer, contentType: string): string {
  return contentType.toLowerCase().startsWith(protobufType) ? protobufCall(body) : jsonCall(body);
}

function jsonCall(body: Buffer): string {
  const call: unknown = JSON.parse(body.toString('utf8'));
  const type = typeof call === 'object' && call !== null && 'type' in call ? call.type : undefined;
  if (typeof type !== 'string' || type.length > longestType) throw new Error('expected an object with a type');
  return type;
}

function protobufCall(body: Buffer): string {
  const reader = new BinaryReader(body);
  let type: number | undefined;
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1 && wire === WireType.Varint) type = reader.int32();
    else reader.skip(wire, field);
  }
  if (type === undefined) throw new Error('expected a message with a type');
  return Object.entries(answeredCalls).find(([, number]) => number === type)?.[0] ?? `type ${type}`;
}

export function isAnswered(type: string): type is AnsweredCall {
  return Object.hasOwn(answeredCalls, type);
}
