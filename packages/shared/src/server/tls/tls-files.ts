import { createSecureContext } from 'node:tls';
import { ConfigurationError } from '../configuration/configuration-error.ts';
import type { Logger } from '../logger.ts';
import { readNamedFile } from '../mesos-credential.ts';
import { fileVersion } from '../watched-file.ts';
import { certificatesOf, isKeyOf, type Validity, validityOfAuthorities, validityOfChain } from './certificates.ts';

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
  readonly #files: readonly (readonly [role: keyof TlsTexts, file: NamedFile])[];
  readonly #log: TlsFilesOptions['log'];
  readonly #listeners = new Set<(texts: TlsTexts) => void>();
  readonly #timer: NodeJS.Timeout;
  #texts: TlsTexts;
  #version: string;
  /** What kept new files from being taken over at the last look: files are often replaced one after the other. */
  #refused: string | undefined;
  #problem: string | undefined;
  #said: string | undefined;

  /** @throws ConfigurationError when a file cannot be read or is not what its option wants */
  constructor(names: TlsFileNames, { log, interval = 1_000 }: TlsFilesOptions) {
    const { cert, key, ca } = names;
    const files = { cert, key, ca };
    this.#files = (['cert', 'key', 'ca'] as const).flatMap((role) => {
      const file = files[role];
      return file === undefined ? [] : [[role, file] as const];
    });
    this.#log = log;
    this.#version = this.#versions();
    this.#texts = this.#read();
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
    return this.#validities(this.#texts, Date.now()).map(({ file, validity }) => ({
      path: file.path,
      end: validity.to,
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
      const texts = this.#read();
      this.#refuseEnded(texts);
      this.#version = version;
      this.#texts = texts;
      this.#problem = undefined;
      this.#refused = undefined;
    } catch (error) {
      this.#refuse((error as Error).message);
      return;
    }
    this.#log.info({ files: this.#files.map(([, { path }]) => path) }, 'TLS files have changed and are in force');
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

  #read(): TlsTexts {
    const texts: { -readonly [Role in keyof TlsTexts]: TlsTexts[Role] } = {};
    for (const [role, { flag, path }] of this.#files) texts[role] = readNamedFile(flag, path);
    for (const [role, { flag, path }] of this.#files) {
      if (role === 'key') continue;
      expecting(`${flag}: expected PEM certificates in ${path}`, () => {
        certificatesOf(texts[role] ?? '');
        createSecureContext(role === 'ca' ? { ca: texts.ca } : { cert: texts.cert });
      });
    }
    const [cert] = this.#files.filter(([role]) => role === 'cert');
    const [key] = this.#files.filter(([role]) => role === 'key');
    if (cert !== undefined && key !== undefined) {
      expecting(`${key[1].flag}: expected the PEM private key of ${cert[1].flag} in ${key[1].path}`, () => {
        if (!isKeyOf(texts.key ?? '', texts.cert ?? '')) throw new Error('another key');
        createSecureContext({ cert: texts.cert, key: texts.key });
      });
    }
    return texts;
  }

  /** One that has ended replaces only one that has ended, too. */
  #refuseEnded(texts: TlsTexts): void {
    const now = Date.now();
    const before = this.#validities(this.#texts, now);
    for (const { file, validity } of this.#validities(texts, now)) {
      const old = before.find(({ file: { path } }) => path === file.path)?.validity;
      if (validity.to <= now && old !== undefined && old.to > now) {
        throw new Error(`${file.flag}: the new certificate in ${file.path} ended at ${iso(validity.to)}`);
      }
    }
  }

  #validities(texts: TlsTexts, now: number): { readonly file: NamedFile; readonly validity: Validity }[] {
    return this.#files.flatMap(([role, file]) => {
      const text = texts[role];
      if (role === 'key' || text === undefined) return [];
      return [{ file, validity: role === 'ca' ? validityOfAuthorities(text, now) : validityOfChain(text) }];
    });
  }

  #untimely(now: number): string[] {
    return this.#validities(this.#texts, now).flatMap(({ file: { flag, path }, validity: { from, to } }) => {
      if (to <= now) return [`${flag}: the certificate in ${path} ended at ${iso(to)}`];
      return from > now ? [`${flag}: the certificate in ${path} begins at ${iso(from)}`] : [];
    });
  }

  /** Says once what is the matter with the certificates in force. */
  #warn(): void {
    const now = Date.now();
    const soon = this.#validities(this.#texts, now).flatMap(({ file: { flag, path }, validity: { to } }) =>
      to > now && to - now < warnBefore ? [`${flag}: the certificate in ${path} ends at ${iso(to)}`] : [],
    );
    const said = [...this.#untimely(now), ...soon].join('; ');
    if (said !== (this.#said ?? '') && said !== '')
      this.#log.warn({ problem: said }, 'certificates have to be renewed');
    this.#said = said;
  }

  #versions(): string {
    return this.#files.map(([, { path }]) => fileVersion(path)).join(' ');
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

/** OpenSSL says why it takes no certificate of a key that is too small. */
function expecting(what: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    const { reason } = error as { reason?: unknown };
    throw new ConfigurationError(
      `${what}, found ${typeof reason === 'string' ? `what TLS does not take (${reason})` : 'something else'}`,
    );
  }
}
