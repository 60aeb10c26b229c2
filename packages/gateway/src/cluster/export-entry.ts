const [lineFeed, equals] = [0x0a, 0x3d];
/** Before the bytes of a field that is no text: their number, 64 bits. */
const lengthBytes = 8;
const ownPrefix = Buffer.from('CLUSTERLOG_');

/**
 * Whether bytes are one entry in export format (systemd, docs/JOURNAL_EXPORT_FORMATS.md, "Journal Export Format") with the empty
 * line that ends it, and without fields that the gateway alone writes. A node that somebody has taken over could put another entry
 * behind its own, and say that it is of another node.
 */
export function isOneEntry(bytes: Buffer): boolean {
  const end = bytes.length - 1;
  if (bytes[end] !== lineFeed) return false;
  let at = 0;
  while (at < end) {
    const next = nextField(bytes, at);
    if (next === -1 || bytes.subarray(at, at + ownPrefix.length).equals(ownPrefix)) return false;
    at = next;
  }
  return at === end && end > 0;
}

/** @returns where the field ends that begins at `start`; -1 when there is none */
function nextField(bytes: Buffer, start: number): number {
  let nameEnd = start;
  while (nameEnd < bytes.length && bytes[nameEnd] !== equals && bytes[nameEnd] !== lineFeed) nameEnd++;
  if (nameEnd === start) return -1;
  if (bytes[nameEnd] === equals) return bytes.indexOf(lineFeed, nameEnd) + 1 || -1;
  const valueStart = nameEnd + 1 + lengthBytes;
  if (valueStart > bytes.length) return -1;
  const valueEnd = valueStart + Number(bytes.readBigUInt64LE(nameEnd + 1));
  return bytes[valueEnd] === lineFeed ? valueEnd + 1 : -1;
}
