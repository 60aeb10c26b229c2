import { readFile } from 'node:fs/promises';
import { type Static, Type } from 'typebox';
import { guard } from './shapes.ts';

const MesosCredential = Type.Object({ principal: Type.String({ minLength: 1 }), secret: Type.String() });
const isMesosCredential = guard(MesosCredential);

/**
 * Reads a credential for Mesos and returns the value of the `Authorization` header. The file holds one of
 * `token=<JWT>` (DC/OS), `Bearer …` or `Basic …` as it is to be sent, or what Mesos' own `--credential` takes:
 * `principal secret`, or `{"principal": "…", "secret": "…"}`. One trailing newline is ignored.
 * @throws Error when the file cannot be read or holds none of these
 */
export async function readMesosCredential(file: string): Promise<string> {
  const text = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  if (/^(token=|Bearer |Basic )[\x21-\x7e]+$/.test(text)) return text;
  const credential = text.trimStart().startsWith('{') ? fromJson(text) : fromLine(text);
  if (credential === undefined) {
    throw new Error(
      `${file}: expected "token=…", "Bearer …", "Basic …", "principal secret" or {"principal": …, "secret": …}`,
    );
  }
  return `Basic ${Buffer.from(`${credential.principal}:${credential.secret}`).toString('base64')}`;
}

function fromJson(text: string): Static<typeof MesosCredential> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isMesosCredential(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function fromLine(text: string): Static<typeof MesosCredential> | undefined {
  const [principal, secret, ...more] = text.trim().split(/\s+/);
  return principal && secret && more.length === 0 ? { principal, secret } : undefined;
}
