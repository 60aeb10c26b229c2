import { createSecureContext } from 'node:tls';
import { ConfigurationError } from '../configuration/configuration-error.ts';
import { readNamedFile } from '../mesos-credential.ts';
import { type Validity, validitiesOf, validityOfAuthorities, validityOfChain } from './certificates.ts';

/** A file, and the option that names it. */
export interface NamedFile {
  /** With its dashes. */
  readonly flag: string;
  readonly path: string;
}

/** The files of one side of a TLS connection. A certificate and its key go together. */
export interface TlsFileNames {
  /** Our certificate chain, and its private key. */
  readonly cert?: NamedFile | undefined;
  readonly key?: NamedFile | undefined;
  /** The authorities that the other side's certificate is checked by. */
  readonly ca?: NamedFile | undefined;
}

/** PEM texts. */
export interface TlsTexts {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

/** What is known of a file of certificates without looking at it again. */
export interface CertificateFile {
  readonly file: NamedFile;
  readonly areAuthorities: boolean;
  readonly validities: readonly Validity[];
}

/** The files that are named. */
export function filesOf({ cert, key, ca }: TlsFileNames): NamedFile[] {
  return [cert, key, ca].filter((file) => file !== undefined);
}

/**
 * Reads the files, and checks that each holds what it is to hold and that they fit.
 *
 * @throws ConfigurationError naming the option and the reason
 */
export function readTls({ cert, key, ca }: TlsFileNames): {
  readonly texts: TlsTexts;
  readonly certificates: readonly CertificateFile[];
} {
  const certificates: CertificateFile[] = [];
  const texts: { -readonly [Role in keyof TlsTexts]: TlsTexts[Role] } = {};
  if (cert !== undefined) {
    texts.cert = readNamedFile(cert.flag, cert.path);
    certificates.push(certificateFile(cert, texts.cert, false));
  }
  if (cert !== undefined && key !== undefined) {
    texts.key = readNamedFile(key.flag, key.path);
    expecting(`${key.flag}: expected the PEM private key of ${cert.flag} in ${key.path}`, () =>
      createSecureContext({ cert: texts.cert, key: texts.key }),
    );
  }
  if (ca !== undefined) {
    texts.ca = readNamedFile(ca.flag, ca.path);
    certificates.push(certificateFile(ca, texts.ca, true));
  }
  return { texts, certificates };
}

/** When the certificates of a file are of use. */
export function validityOf({ areAuthorities, validities }: CertificateFile, now: number): Validity {
  return areAuthorities ? validityOfAuthorities(validities, now) : validityOfChain(validities);
}

function certificateFile(file: NamedFile, pem: string, areAuthorities: boolean): CertificateFile {
  return expecting(`${file.flag}: expected PEM certificates in ${file.path}`, () => {
    const validities = validitiesOf(pem);
    createSecureContext(areAuthorities ? { ca: pem } : { cert: pem });
    return { file, areAuthorities, validities };
  });
}

/** OpenSSL says why it takes no certificate of a key that is too small, and no key of another one. */
function expecting<Result>(what: string, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    const { reason } = error as { reason?: unknown };
    throw new ConfigurationError(
      `${what}, found ${typeof reason === 'string' ? `what TLS does not take (${reason})` : 'something else'}`,
    );
  }
}
