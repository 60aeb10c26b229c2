import { JournalFile } from '../../../src/journal/file/journal-file.ts';
import { PageCache } from '../../../src/journal/file/page-cache.ts';
import { NativeSource } from '../../../src/journal/log/native-source.ts';
import { describeSourceContract } from '../source-contract.ts';

describeSourceContract('the native source', async (directory) => {
  const cache = new PageCache({ bytes: 1024 * 1024 });
  return new NativeSource([directory], (path) => JournalFile.open(path, cache));
});
