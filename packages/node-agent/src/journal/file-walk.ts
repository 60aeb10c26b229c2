import type { FileEntry } from './file-entry.ts';

export interface FileWalk {
  seekIndex(index: number): void;
  peek(direction: 'forward' | 'backward'): FileEntry | 'pending' | 'end';
  advance(direction: 'forward' | 'backward'): void;
  fill(): Promise<void>;
  close(): void;
}
