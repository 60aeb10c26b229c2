/**
 * Why a file cannot be read at all:
 *
 * - `not-a-journal`: no journal's signature, or a header that contradicts itself
 * - `truncated-header`: shorter than a header; journald may be about to write it
 * - `incompatible-flags`: made by a systemd that knows more of the format than we do
 * - `permission`, `missing`: as the kernel says
 * - `exhausted`: no descriptor or no memory is left to open it now
 * - `io`: anything else the kernel says
 */
export type JournalFileErrorCode =
  | 'not-a-journal'
  | 'truncated-header'
  | 'incompatible-flags'
  | 'permission'
  | 'missing'
  | 'exhausted'
  | 'io';

export class JournalFileError extends Error {
  override readonly name = 'JournalFileError';
  readonly code: JournalFileErrorCode;
  readonly path: string;

  constructor(code: JournalFileErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.code = code;
    this.path = path;
  }

  /** From what a system call threw. */
  static fromSystem(path: string, cause: unknown): JournalFileError {
    const { code: systemCode = 'unknown', message = String(cause) } = cause as NodeJS.ErrnoException;
    if (systemCode === 'EACCES' || systemCode === 'EPERM') {
      return new JournalFileError('permission', path, 'no permission to read this journal file', { cause });
    }
    if (systemCode === 'EMFILE' || systemCode === 'ENFILE' || systemCode === 'ENOMEM') {
      return new JournalFileError('exhausted', path, `cannot be opened now: ${message}`, { cause });
    }
    if (systemCode === 'ENOENT') return new JournalFileError('missing', path, 'the file does not exist', { cause });
    return new JournalFileError('io', path, `cannot be read: ${message}`, { cause });
  }
}
