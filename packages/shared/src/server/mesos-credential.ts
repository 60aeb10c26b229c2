import { readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { ConfigurationError } from './configuration/configuration-error.ts';

const MesosCredential = Type.Object({ principal: Type.String({ minLength: 1 }), secret: Type.String() });

/**
 * Reads a credential for Mesos and returns the value of the `Authorization` header. The file holds one of
 * `token=<JWT>` (DC/OS), `Bearer …` or `Basic …` as it is to be sent, or what Mesos' own `--credential` takes:
 * `principal secret`, or `{"principal": "…", "secret": "…"}`. One trailing newline is ignored.
 *
 * @throws ConfigurationError when the file cannot be read or holds none of these
 */
export function readMesosCredential(file: string, flag = '--mesos-credential-file'): string {
  const text = readNamedFile(flag, file).replace(/\r?\n$/, '');
  if (/^(token=|Bearer |Basic )[\x21-\x7e]+$/.test(text)) return text;
  const credential = text.trimStart().startsWith('{') ? fromJson(text) : fromLine(text);
  if (credential === undefined) {
    throw new ConfigurationError(
      `${flag}: expected "token=…", "Bearer …", "Basic …", "principal secret" or {"principal": …, "secret": …} in ${file}`,
    );
  }
  return `Basic ${Buffer.from(`${credential.principal}:${credential.secret}`).toString('base64')}`;
}

/**
 * A file that an option names, as text.
 *
 * @throws ConfigurationError naming the option and the reason
 */
export function readNamedFile(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(
      `${flag}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
    );
  }
}

function fromJson(text: string): Static<typeof MesosCredential> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Value.Check(MesosCredential, parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function fromLine(text: string): Static<typeof MesosCredential> | undefined {
  const [principal, secret, ...more] = text.trim().split(/\s+/);
  return principal && secret && more.length === 0 ? { principal, secret } : undefined;
}
