/** A message that is a JSON object, as structured loggers write. */
export interface JsonMessage {
  /** What it says, where one of its members is known to. */
  readonly text: string | undefined;
  /** The other members, as they are shown. */
  readonly members: readonly (readonly [name: string, value: string])[];
  readonly object: Readonly<Record<string, unknown>>;
}

/** Longer ones are shown as text. */
const longest = 16 * 1024;
const messageNames = ['message', 'msg', 'event', 'text', 'log'];
/** They repeat what the row says anyhow. */
const left = new Set(['time', 'timestamp', '@timestamp', 'ts', 'level', 'severity', 'lvl']);

/** Reads a message as a JSON object. Undefined where it is none. */
export function jsonMessage(message: string): JsonMessage | undefined {
  const text = message.trim();
  if (!text.startsWith('{') || !text.endsWith('}') || text.length > longest) return undefined;
  let object: Record<string, unknown>;
  try {
    object = JSON.parse(text);
  } catch {
    return undefined;
  }
  const name = messageNames.find((name) => typeof object[name] === 'string');
  const members = Object.entries(object)
    .filter(([member]) => member !== name && !left.has(member))
    .map(([member, value]) => [member, typeof value === 'string' ? value : JSON.stringify(value)] as const);
  return { text: name === undefined ? undefined : (object[name] as string), members, object };
}
