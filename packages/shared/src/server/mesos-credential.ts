import { readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { ConfigurationError } from './configuration/configuration-error.ts';
import { parseServiceAccount, type ServiceAccount } from './service-account.ts';

const MesosPrincipal = Type.Object({ principal: Type.String({ minLength: 1 }), secret: Type.String() });

/** What a credential file holds: a value of `Authorization`, or an account that logs in for one. */
export type MesosCredential = string | ServiceAccount;

/**
 * Reads a credential for Mesos. It is one of `token=<JWT>` (DC/OS), `Bearer …` or `Basic …` as it is to be sent; what Mesos' own
 * `--credential` takes, `principal secret` or `{"principal": "…", "secret": "…"}`; or the secret of a DC/OS service account,
 * `{"uid": "…", "private_key": "…", "login_endpoint": "…"}`. One trailing newline is ignored.
 *
 * @throws Error for none of these; its message does not repeat it
 */
export function parseMesosCredential(bytes: Buffer): MesosCredential {
  const text = bytes.toString('utf8').replace(/\r?\n$/, '');
  if (/^(token=|Bearer |Basic )[\x21-\x7e]+$/.test(text)) return text;
  const credential = text.trimStart().startsWith('{') ? fromJson(text) : fromLine(text);
  if (credential === undefined) {
    throw new Error(
      'expected "token=…", "Bearer …", "Basic …", "principal secret", {"principal": …, "secret": …} or the {"uid": …, "private_key": …, "login_endpoint": …} of a service account, found something else',
    );
  }
  if (!('principal' in credential)) return credential;
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

function fromJson(text: string): Static<typeof MesosPrincipal> | ServiceAccount | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Value.Check(MesosPrincipal, parsed) ? parsed : parseServiceAccount(parsed);
  } catch {
    return undefined;
  }
}

function fromLine(text: string): Static<typeof MesosPrincipal> | undefined {
  const [principal, secret, ...more] = text.trim().split(/\s+/);
  return principal && secret && more.length === 0 ? { principal, secret } : undefined;
}
