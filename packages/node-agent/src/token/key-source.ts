import { readFileSync, statSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { type Dispatcher, request } from 'undici';

const KeySet = Type.Object({
  keys: Type.Array(Type.Object({ kty: Type.String(), kid: Type.Optional(Type.String()) })),
});
type KeySet = Static<typeof KeySet>;

/** Longest key set read, in bytes; a gateway has two or three keys of 100 bytes each. */
const maximumKeySetBytes = 256 * 1024;
const fetchMilliseconds = 3000;

/** One place the gateways' public keys come from. */
export interface KeySource {
  readonly name: string;
  /**
   * The keys as they are now.
   *
   * @throws Error when they cannot be had or are not a key set; the keys known before stay in use
   */
  load(): Promise<KeySet>;
  /** A file whose keys have not changed need not be loaded again; a URL always says yes. */
  mayHaveChanged(): boolean;
}

/**
 * A JWKS file or URL.
 *
 * @param dispatcher how a URL is asked. Default: undici's own
 */
export function keySource(name: string, dispatcher?: Dispatcher): KeySource {
  return /^https?:\/\//i.test(name) ? urlSource(name, dispatcher) : fileSource(name);
}

function fileSource(path: string): KeySource {
  let loaded = '';
  const stamp = () => {
    const { mtimeMs, ino, size } = statSync(path);
    return `${mtimeMs} ${ino} ${size}`;
  };
  return {
    name: path,
    async load() {
      const now = stamp();
      const keys = parseKeySet(readFileSync(path, 'utf8'));
      loaded = now;
      return keys;
    },
    mayHaveChanged() {
      try {
        return stamp() !== loaded;
      } catch {
        return true;
      }
    },
  };
}

function urlSource(url: string, dispatcher: Dispatcher | undefined): KeySource {
  return {
    name: url,
    async load() {
      const signal = AbortSignal.timeout(fetchMilliseconds);
      const { statusCode, body } = await request(url, {
        signal,
        headers: { accept: 'application/json' },
        ...(dispatcher === undefined ? {} : { dispatcher }),
      });
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of body) {
        chunks.push(chunk as Buffer);
        size += (chunk as Buffer).length;
        if (size > maximumKeySetBytes) throw new Error(`expected at most ${maximumKeySetBytes} bytes, found more`);
      }
      if (statusCode !== 200) throw new Error(`expected status 200, found ${statusCode}`);
      return parseKeySet(Buffer.concat(chunks).toString());
    },
    mayHaveChanged: () => true,
  };
}

function parseKeySet(text: string): KeySet {
  const value: unknown = JSON.parse(text);
  if (!Value.Check(KeySet, value)) throw new Error('expected a JSON Web Key Set ({"keys": […]})');
  return value;
}
