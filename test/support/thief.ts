/** What somebody has who stole a region's disks, and its master key with them. For tests only. */
import { join } from 'node:path';
import pg from 'pg';
import { systemClock } from '#kernel/clock.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { type Keyring, softwareKeyring } from '#trust/keys/keyring.ts';
import { loadMasterKey } from '#trust/keys/master-key.ts';
import { memoryKeyStorage } from '#trust/keys/memory-key-storage.ts';

/** Rows of the region's database, as its own account reads them. */
export async function stolenRows<Row>(
  data: string,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const client = new pg.Client({
    host: join(data, 'postgres/run'),
    user: 'casemate-db',
    database: 'casemate',
  });
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows as Row[];
  } finally {
    await client.end();
  }
}

/** The keys that come out of what the database holds, opened with the master key. */
export async function stolenKeyring(data: string): Promise<Keyring> {
  const storage = memoryKeyStorage();
  const rows = await stolenRows<{ realm: RealmId; name: string; blob: Buffer }>(
    data,
    'SELECT * FROM wrapped_keys',
    [],
  );
  for (const { realm, name, blob } of rows) await storage.add(realm, name, blob);
  const masterKey = await loadMasterKey(join(data, 'keys/master.key'));
  return softwareKeyring({ region: 'testing', storage, masterKey, clock: systemClock });
}

/** As a key may lie somewhere. */
export const formsOf = (key: Buffer): Buffer[] => [
  key,
  Buffer.from(key.toString('hex')),
  Buffer.from(key.toString('base64')),
];
