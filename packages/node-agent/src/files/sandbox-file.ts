/** One file, read where it lies: whoever has it decides what of it and when. */
export interface SandboxFile {
  /** In bytes; undefined when there is no such file. */
  size(signal?: AbortSignal): Promise<number | undefined>;
  /**
   * Bytes from `offset` on: at least one while there are any, at most `length`. None at or past the end, or when the file is
   * gone.
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Buffer>;
}

/** Most bytes that are worth asking for at once. */
export { longestRead } from './mesos-files.ts';
