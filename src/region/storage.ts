import type { WrappedKeyStorage } from '#kernel/keys.ts';
import { MemoryStorage } from '#kernel/store/memory-storage.ts';
import type { LogStorage } from '#kernel/store/storage.ts';
import { memoryKeyStorage } from '#trust/keys/memory-key-storage.ts';
import type { RegionConfig } from './config/schema.ts';
import type { Layout } from './layout.ts';

export async function openStorage(
  _layout: Layout,
  _config: RegionConfig,
): Promise<{ log: LogStorage; keys: WrappedKeyStorage }> {
  return { log: new MemoryStorage(), keys: memoryKeyStorage() };
}
