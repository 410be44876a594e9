/** For tests only: vaults without a supervisor and its processes, in a folder of the test's own. Needs root. */
import { mkdirSync } from 'node:fs';
import type { VaultClient } from './client.ts';
import { whyNotHere } from './host.ts';
import { listVaults, openVault, removeVault } from './vaults.ts';

/** Why tests of encrypted pools cannot run here; false: they can. */
export const noVaultsHere = (): string | false =>
  whyNotHere() ?? (process.getuid?.() === 0 ? false : 'only root can mount');

export function testVaults(folder: string): VaultClient {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  return {
    list: () => listVaults(folder),
    open: async ({ realm, key, size_bytes }) => openVault(folder, { key, make: { realm, size_bytes } }),
    openAll: async (keys) => {
      for (const key of keys) openVault(folder, { key });
      return [];
    },
    remove: async (id) => removeVault(folder, id),
  };
}
