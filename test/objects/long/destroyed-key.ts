/** A bucket whose key was destroyed, looked at by a thief of the disks, byte by byte. Cases of `test/objects.long.test.ts`. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import { organizationRealm } from '#kernel/realm-id.ts';
import { bucketKey, versionOf } from '#services/objects/encryption/bucket-key.ts';
import { openDataKey } from '#services/objects/encryption/object-keys.ts';
import { decrypt, sealedRange } from '#services/objects/encryption/segments.ts';
import { until } from '../../crashes/until.ts';
import type { ObjectsTenant } from '../../support/objects.ts';
import type { SmallDisk } from '../../support/small-disk.ts';
import { formsOf, stolenKeyring, stolenRows } from '../../support/thief.ts';

const SIZE = 3_000_000;
const SAMPLE_BYTES = 64;
const GONE_LIMIT_MS = 60_000;

export function destroyedKeyCases(
  tenant: () => ObjectsTenant,
  data: () => string,
  disks: () => readonly SmallDisk[],
): void {
  const Bucket = 'doomed';
  const Key = 'secret';
  const query = <Row>(text: string, values: readonly unknown[]) => stolenRows<Row>(data(), text, values);
  const realm = () => organizationRealm(tenant().organization);
  const anywhere = (...needles: readonly Buffer[]) => disks().some((disk) => disk.holds(...needles));

  test('a bucket whose key was destroyed is erased: its bytes are still on the raw disk, and nothing there opens them, not with the master key either', async () => {
    const sdk = tenant().sdk();
    await sdk.send(new s3.CreateBucketCommand({ Bucket }));
    const word = Buffer.from(createHash('sha512').update('known to nobody').digest('hex'));
    const plain = Buffer.alloc(SIZE, word);
    const files = () => new Set(globSync(join(data(), 'objects/files/*/*')));
    const before = files();
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: plain }));
    const path = [...files()].find((one) => !before.has(one)) ?? '';
    const sealed = readFileSync(path);
    const sample = sealed.subarray(1_000_000, 1_000_000 + SAMPLE_BYTES);
    const { metadata } = JSON.parse(await tenant().admin.kubectl('get', 'bucket', Bucket, '-o', 'json'));
    const [row] = await query<{ pieces: [string, number, string][] }>(
      'SELECT pieces FROM objects.versions WHERE bucket = $1',
      [metadata.uid],
    );
    const wrapped = Buffer.from(row?.pieces[0]?.[2] ?? '', 'base64');
    const name = `bucket.${metadata.uid}.${String(versionOf(wrapped)).padStart(6, '0')}`;

    // While it lives whoever has the disks and the master key opens it: so what is looked for is what opens.
    const alive = await stolenKeyring(data());
    const own = await alive.material.get(realm(), name);
    assert.ok(own !== undefined);
    const keys: Buffer[] = [Buffer.from(own)];
    const dataKey = openDataKey(bucketKey(versionOf(wrapped), own), wrapped, {
      bucket: metadata.uid,
      key: Key,
    });
    keys.push(dataKey);
    const part = { size: SIZE, from: 0, to: 100 };
    const range = sealedRange(part);
    const opened: Buffer[] = [];
    const read = (async function* () {
      yield sealed.subarray(range.from, range.to);
    })();
    for await (const chunk of decrypt(dataKey, read, part)) opened.push(Buffer.from(chunk));
    assert.ok(Buffer.concat(opened).equals(plain.subarray(0, 100)));
    // The disks hold it sealed, and no key in the clear.
    assert.ok(anywhere(sample));
    assert.ok(!anywhere(word.subarray(0, SAMPLE_BYTES), ...keys.flatMap(formsOf)));

    await sdk.send(new s3.DeleteObjectCommand({ Bucket, Key }));
    await sdk.send(new s3.DeleteBucketCommand({ Bucket }));
    await until('its key is gone', GONE_LIMIT_MS, async () => {
      const left = await query('SELECT 1 FROM wrapped_keys WHERE name LIKE $1', [`bucket.${metadata.uid}.%`]);
      return left.length === 0;
    });
    await until('its file is gone', GONE_LIMIT_MS, () => !files().has(path));
    await query('CHECKPOINT', []);
    assert.ok(anywhere(sample), 'what was deleted is still on the raw disk');
    assert.ok(!anywhere(word.subarray(0, SAMPLE_BYTES), ...keys.flatMap(formsOf)));
    assert.equal(await (await stolenKeyring(data())).material.get(realm(), name), undefined);
  });
}
