export interface EncodingCacheOptions {
  /** Bytes that may be kept. Default: 16 MiB. More than needed costs nothing but memory. */
  readonly bytes?: number;
}

/** What encoding one entry taught for the next ones. One for the whole process. */
export class EncodingCache {
  readonly maximumBytes: number;

  constructor(options: EncodingCacheOptions = {}) {
    this.maximumBytes = options.bytes ?? 16 * 1024 * 1024;
  }
}
