/** Deepest nesting of a token's JSON: scopes have six levels. */
const deepest = 32;

/** What a token says of itself, before anything of it has been verified. */
export interface JwtHeader {
  readonly alg: string;
  readonly typ: string | undefined;
}

/**
 * Checks that a token can be read in one way only, before anything of it is believed: a JWS in compact form (RFC 7515,
 * section 7.1) of three parts in canonical base64url without padding, whose header and claims are JSON objects in UTF-8 that name no
 * member twice. JSON.parse takes the last of two equal names, other readers take the first.
 *
 * @returns its header; `typ` in lower case and without `application/`, which mean the same (RFC 7515, section 4.1.9)
 * @throws Error with a sentence that never holds the token
 */
export function readJwtForm(token: string): JwtHeader {
  const parts = token.split('.');
  if (parts.length !== 3) throw new Error(`expected a JWT of three parts, found ${parts.length}`);
  const [header, claims] = parts.map((part, at) => decoded(part, names[at] ?? ''));
  const { alg, typ, kid } = objectOf(header as Buffer, 'header');
  objectOf(claims as Buffer, 'claims');
  if (typeof alg !== 'string' || alg === '') throw new Error('expected a text as alg, found something else');
  if (kid !== undefined && typeof kid !== 'string') throw new Error('expected a text as kid, found something else');
  if (typ !== undefined && typeof typ !== 'string') throw new Error('expected a text as typ, found something else');
  return { alg, typ: typ?.toLowerCase().replace(/^application\//, '') };
}

const names = ['header', 'claims', 'signature'];

function decoded(part: string, name: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  // Node passes over what is not base64url, and over bits that no byte needs: two texts would be one token.
  if (part === '' || bytes.toString('base64url') !== part) {
    throw new Error(`expected base64url as the ${name} of a JWT, found something else`);
  }
  return bytes;
}

function objectOf(bytes: Buffer, name: string): Record<string, unknown> {
  let json: string;
  let value: unknown;
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(json);
  } catch {
    throw new Error(`expected JSON in UTF-8 as the ${name} of a JWT, found something else`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`expected a JSON object as the ${name} of a JWT, found something else`);
  }
  checkMembers(json, name);
  return value as Record<string, unknown>;
}

/** @param json known to be valid: a string before a colon is a name, wherever it stands */
function checkMembers(json: string, name: string): void {
  const open: Set<string>[] = [];
  let text = '';
  for (const [word] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g)) {
    if (word === '{' || word === '[') {
      if (open.push(new Set()) > deepest) {
        throw new Error(`expected the ${name} of a JWT at most ${deepest} levels deep, found more`);
      }
    } else if (word === '}' || word === ']') {
      open.pop();
    } else if (word !== ':') {
      text = word;
    } else {
      // The same name may be written in several ways, with escapes.
      const member = JSON.parse(text) as string;
      const known = open.at(-1);
      if (known?.has(member)) throw new Error(`expected each name once in the ${name} of a JWT, found one twice`);
      known?.add(member);
    }
  }
}
