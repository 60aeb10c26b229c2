/**
 * The length-delimited members of a protobuf message that a path of field numbers leads to
 * (https://protobuf.dev/programming-guides/encoding/).
 */
export function embeddedMessages(message: Buffer, path: readonly number[]): Buffer[] {
  const [field, ...rest] = path;
  if (field === undefined) return [message];
  return members(message)
    .filter((member) => member.field === field)
    .flatMap(({ bytes }) => embeddedMessages(bytes, rest));
}

function members(message: Buffer): { readonly field: number; readonly bytes: Buffer }[] {
  const found: { field: number; bytes: Buffer }[] = [];
  let at = 0;
  const varint = (): number => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = message.readUInt8(at);
      at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    switch (tag & 7) {
      case 0:
        varint();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        found.push({ field: Math.floor(tag / 8), bytes: message.subarray(at, at + length) });
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new Error(`expected a wire type of protobuf, found ${tag & 7}`);
    }
  }
  return found;
}
