import { vi } from 'vitest';
import { JournalctlSource } from '../../src/journal/journalctl-source.ts';
import { describeSourceContract } from './source-contract.ts';

// Every seek starts processes, and journalctl looks for new files every 2 s at times.
vi.setConfig({ testTimeout: 30_000 });

describeSourceContract('the journalctl source', async (directory) => new JournalctlSource([directory]));
