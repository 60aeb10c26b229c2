import type { Logger } from '../logger.ts';
import { fileVersion } from '../watched-file.ts';
import { type CertificateFile, filesOf, readTls, type TlsFileNames, type TlsTexts, validityOf } from './tls-texts.ts';

export interface TlsFilesOptions {
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** How often the files are looked at, in milliseconds. Default: 1,000. */
  readonly interval?: number;
}

/** How long before its end a certificate is warned of, in milliseconds. */
const warnBefore = 14 * 24 * 60 * 60_000;

/**
 * Certificates, their key and authorities, read again when their files change. They are taken over together and only when they
 * fit: while a new certificate is there and its key is not, or one that has ended would replace one that has not, the last good
 * ones stay in force.
 */
export class TlsFiles {
  readonly #names: TlsFileNames;
  readonly #log: TlsFilesOptions['log'];
  readonly #listeners = new Set<(texts: TlsTexts) => void>();
  readonly #timer: NodeJS.Timeout;
  #texts: TlsTexts;
  #certificates: readonly CertificateFile[];
  #version: string;
  /** What kept new files from being taken over at the last look: files are often replaced one after the other. */
  #refused: string | undefined;
  #problem: string | undefined;
  #said: string | undefined;

  /** @throws ConfigurationError when a file cannot be read or is not what its option wants */
  constructor(names: TlsFileNames, { log, interval = 1_000 }: TlsFilesOptions) {
    this.#names = names;
    this.#log = log;
    this.#version = this.#versions();
    const { texts, certificates } = readTls(names);
    this.#texts = texts;
    this.#certificates = certificates;
    this.#warn();
    this.#timer = setInterval(() => this.look(), interval).unref();
  }

  /** What is in force. */
  get current(): TlsTexts {
    return this.#texts;
  }

  /** What an operator has to know of them: new ones that are not in force, and certificates whose time is not now. */
  get problem(): string | undefined {
    const problems = [this.#problem, ...this.#untimely(Date.now())].filter((text) => text !== undefined);
    return problems.length === 0 ? undefined : problems.join('; ');
  }

  /** When the certificates in force end, by file, in milliseconds since 1970. */
  ends(): readonly { readonly path: string; readonly end: number }[] {
    const now = Date.now();
    return this.#certificates.map((certificate) => ({
      path: certificate.file.path,
      end: validityOf(certificate, now).to,
    }));
  }

  /**
   * Tells of texts that are in force from now on.
   *
   * @returns how to be told no more
   */
  onChange(listener: (texts: TlsTexts) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  /** Looks at the files now. */
  look(): void {
    const version = this.#versions();
    if (version !== this.#version) this.#takeOver(version);
    this.#warn();
  }

  #takeOver(version: string): void {
    try {
      const { texts, certificates } = readTls(this.#names);
      this.#refuseEnded(certificates);
      this.#version = version;
      this.#texts = texts;
      this.#certificates = certificates;
      this.#problem = undefined;
      this.#refused = undefined;
    } catch (error) {
      this.#refuse((error as Error).message);
      return;
    }
    this.#log.info({ files: filesOf(this.#names).map(({ path }) => path) }, 'TLS files have changed and are in force');
    for (const listener of this.#listeners) listener(this.#texts);
  }

  /** Says it once, and only what is still so at the next look; they are tried again at each. */
  #refuse(reason: string): void {
    const problem = `${reason}; the last good ones are in force`;
    if (this.#refused === reason && this.#problem !== problem) {
      this.#problem = problem;
      this.#log.warn({ problem: reason }, 'TLS files cannot be used; the last good ones stay in force');
    }
    this.#refused = reason;
  }

  /** One that has ended replaces only one that has ended, too. */
  #refuseEnded(certificates: readonly CertificateFile[]): void {
    const now = Date.now();
    for (const [at, certificate] of certificates.entries()) {
      const { flag, path } = certificate.file;
      const before = this.#certificates[at];
      const { to } = validityOf(certificate, now);
      if (to <= now && before !== undefined && validityOf(before, now).to > now) {
        throw new Error(`${flag}: the new certificate in ${path} ended at ${iso(to)}`);
      }
    }
  }

  #untimely(now: number): string[] {
    return this.#certificates.flatMap((certificate) => {
      const { flag, path } = certificate.file;
      const { from, to } = validityOf(certificate, now);
      if (to <= now) return [`${flag}: the certificate in ${path} ended at ${iso(to)}`];
      return from > now ? [`${flag}: the certificate in ${path} begins at ${iso(from)}`] : [];
    });
  }

  /** Says once what is the matter with the certificates in force. */
  #warn(): void {
    const now = Date.now();
    const soon = this.#certificates.flatMap((certificate) => {
      const { flag, path } = certificate.file;
      const { to } = validityOf(certificate, now);
      return to > now && to - now < warnBefore ? [`${flag}: the certificate in ${path} ends at ${iso(to)}`] : [];
    });
    const said = [...this.#untimely(now), ...soon].join('; ');
    if (said !== (this.#said ?? '') && said !== '')
      this.#log.warn({ problem: said }, 'certificates have to be renewed');
    this.#said = said;
  }

  #versions(): string {
    return filesOf(this.#names)
      .map(({ path }) => fileVersion(path))
      .join(' ');
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
