import { readFileSync } from 'node:fs';
import { ConfigurationError, commonOptions, duration, neededText, seconds, text } from '@clusterlog/shared/server';
import { SignJWT } from 'jose';
import Type, { type Static } from 'typebox';
import { claimOptions } from './claim-options.ts';
import { parseSecret } from './secret-file.ts';

export const tokenOptions = Type.Object({
  config: commonOptions.config,
  uid: neededText({ placeholder: 'UID', pattern: '.', expected: 'a name', description: 'Whom the token is for.' }),
  ttl: duration({ default: '1h', description: 'How long it is valid.' }),
  groups: text({ placeholder: 'A,B', description: 'Groups he is in, separated by commas.' }),
  authSecretFile: neededText({ placeholder: 'FILE', description: 'The secret that the gateway verifies tokens with.' }),
  ...claimOptions,
});

/** A token for a cluster without an identity provider, signed with the gateway's HS256 secret. */
export async function issueToken(options: Static<typeof tokenOptions>): Promise<string> {
  const groups = (options.groups ?? '').split(',').filter((group) => group !== '');
  const claims = {
    [options.authUidClaim]: options.uid,
    ...(groups.length === 0 ? {} : { [options.authGroupsClaim]: groups }),
  };
  const issuedAt = Math.floor(Date.now() / 1000);
  const token = new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.max(1, Math.round(seconds(options.ttl))));
  if (options.authIssuer !== undefined) token.setIssuer(options.authIssuer);
  if (options.authAudience !== undefined) token.setAudience(options.authAudience);
  return token.sign(secretOf(options.authSecretFile));
}

function secretOf(path: string): Buffer {
  try {
    return parseSecret(readFileSync(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(
      `--auth-secret-file ${path}: ${code === undefined ? message : `cannot be read (${code})`}`,
    );
  }
}
