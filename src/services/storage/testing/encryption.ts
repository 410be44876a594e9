/** What encrypts volumes, for tests: vaults that are real, in a folder of the test's own, and keys in memory. Needs root. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { releaseVaults } from '#engines/fscrypt/release.ts';
import { testVaults } from '#engines/fscrypt/test-vaults.ts';
import { unavailable } from '#kernel/errors.ts';
import type { EncryptionOptions } from '../encrypted-pools.ts';

const POOL_BYTES = 1024 ** 3;

export interface TestEncryption extends EncryptionOptions {
  readonly folder: string;
  /** Whether what holds the keys does not answer. */
  keysAreAway: boolean;
  close(): void;
}

export function testEncryption(): TestEncryption {
  const folder = mkdtempSync(join(tmpdir(), 'casemate-encrypted-'));
  // Instances' own users must get through to their files.
  chmodSync(folder, 0o711);
  const keys = new Map<string, Buffer>();
  const test: TestEncryption = {
    folder,
    keysAreAway: false,
    vaults: testVaults(folder),
    poolSize_bytes: POOL_BYTES,
    material: {
      async add(realm, name, key) {
        requireKeys();
        if (keys.has(`${realm}/${name}`)) return false;
        keys.set(`${realm}/${name}`, Buffer.from(key));
        return true;
      },
      async get(realm, name) {
        requireKeys();
        const key = keys.get(`${realm}/${name}`);
        return key && Buffer.from(key);
      },
    },
    close() {
      releaseVaults(folder);
      rmSync(folder, { recursive: true });
    },
  };
  const requireKeys = () => {
    if (test.keysAreAway) throw unavailable('the HSM does not answer', 1);
  };
  return test;
}
