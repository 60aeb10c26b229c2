import { WatchedFile } from '@clusterlog/shared/server';
import type { KeySource, ReportProblem } from './key-source.ts';

/** Least length of an HS256 secret in bytes: that of the hash (RFC 7518, section 3.2). */
export const minimumSecretBytes = 32;

/** The secret in a file's bytes: all of them but one trailing newline, which editors and `echo` add. */
export function parseSecret(bytes: Buffer): Buffer {
  const secret = bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
  if (secret.length < minimumSecretBytes) {
    throw new Error(`expected a secret of at least ${minimumSecretBytes} bytes, found ${secret.length}`);
  }
  return secret;
}

/** HS256 with the secret in a file. */
export function secretFile(path: string, report: ReportProblem, interval?: number): KeySource {
  const name = `--auth-secret-file ${path}`;
  const file = new WatchedFile({
    path,
    parse: parseSecret,
    onProblem: (problem) => report(name, problem),
    ...(interval === undefined ? {} : { interval }),
  });
  return { name, current: () => ({ algorithms: ['HS256'], key: file.content }) };
}
