import { JournalFile } from '../../src/journal/journal-file.ts';
import { NativeSource } from '../../src/journal/native-source.ts';
import { PageCache } from '../../src/journal/page-cache.ts';
import { describeSourceContract } from './source-contract.ts';

describeSourceContract('the native source', async (directory) => {
  const cache = new PageCache({ bytes: 1024 * 1024 });
  return new NativeSource([directory], (path) => JournalFile.open(path, cache));
});
