import { MemoryStorage } from './memory-storage.ts';
import { describeStorage } from './storage-conformance.ts';

describeStorage('memory', async () => {
  const storage = new MemoryStorage();
  return { storage, replica: storage, close: () => storage.close() };
});
