import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  dataHashTableBuckets,
  JournalWriter,
  systemJournalPath,
} from '@clusterlog/test/fixtures/journal-writer/journal-writer';

/** A journal of many files, one after another, as journald leaves it on a node that has long been up. */
export interface ManyFilesJournal {
  readonly directory: string;
  readonly files: number;
  readonly entriesPerFile: number;
  /** The task all of whose entries lie in one file: the `file`th, counted from 0. */
  readonly taskOf: (file: number) => string;
}

/** Counts up whenever the same numbers give another journal, so that no older one is taken from the temp directory. */
const generation = 1;
const machineId = 'd'.repeat(32);
const firstRealtime = 1_763_000_000_000_000;

/**
 * Files with hash tables as journald makes them for 8 MiB; each has a task of its own and one that is in all of them.
 * The same for the same numbers; written once, then found in the temp directory.
 */
export function manyFilesJournal(files: number, entriesPerFile: number): ManyFilesJournal {
  const directory = join(tmpdir(), `clusterlog-many-files-${generation}-${files}-${entriesPerFile}`);
  const taskOf = (file: number): string => `task-${file}.${machineId}`;
  if (!existsSync(directory)) {
    const unfinished = `${directory}.${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    write(unfinished, files, entriesPerFile, taskOf);
    renameSync(unfinished, directory);
  }
  return { directory, files, entriesPerFile, taskOf };
}

function write(directory: string, files: number, entriesPerFile: number, taskOf: (file: number) => string): void {
  let writer = new JournalWriter({
    path: systemJournalPath(directory, machineId),
    machineId,
    bootId: 'b0'.repeat(16),
    dataHashTableBuckets: dataHashTableBuckets(8 * 1024 * 1024),
    allocationStep: 64 * 1024,
    bulk: true,
  });
  let number = 0;
  for (let file = 0; file < files; file++) {
    if (file > 0) writer = writer.rotate().writer;
    for (let line = 0; line < entriesPerFile; line++, number++) {
      const task = line % 2 === 0 ? taskOf(file) : 'a-task-in-every-file';
      writer.append({
        realtime: firstRealtime + number * 100_000,
        monotonic: 1_000_000 + number * 100_000,
        fields: [
          [
            'MESSAGE',
            `line ${number} of a task that logs about as much in a line as others do, some hundred bytes of it`,
          ],
          ['CONTAINER_ID', task],
          ['EXECUTOR_ID', task],
          ['SYSLOG_IDENTIFIER', task],
          ['AGENT_ID', 'bench-S0'],
          ['STREAM', line % 10 === 0 ? 'STDERR' : 'STDOUT'],
          ['PRIORITY', String(line % 8)],
          ['_TRANSPORT', 'journal'],
          ['_COMM', 'mesos-journald'],
          ['_HOSTNAME', 'agent-1.example.com'],
          ['_SYSTEMD_UNIT', 'dcos-mesos-slave.service'],
          ['_BOOT_ID', 'b0'.repeat(16)],
          ['_MACHINE_ID', machineId],
        ],
      });
    }
  }
  writer.close();
}
