/**
 * Objects in a running region whose disk is small and can be read raw: bits that flip, reports, kills under the clients that people have, uploads of 10,000 parts, keys that were destroyed, a full disk. Takes root and
 * several minutes.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite } from 'node:test';
import { destroyedKeyCases } from './objects/long/destroyed-key.ts';
import { DISK, fullDiskCases } from './objects/long/full-disk.ts';
import { killCases } from './objects/long/kills.ts';
import { manyPartsCases } from './objects/long/many-parts.ts';
import { askForReport, reportCases } from './objects/long/reports.ts';
import { rotCases } from './objects/long/rot.ts';
import { type ObjectsTenant, objectsTenant } from './support/objects.ts';
import { startRegion, type TestRegion } from './support/region.ts';
import { type SmallDisk, smallDisk } from './support/small-disk.ts';

const WHOLE = 2 * 2 ** 30;

suite('objects on a disk of their own', { timeout: 30 * 60_000 }, () => {
  const images = mkdtempSync(join(tmpdir(), 'disks-'));
  let region: TestRegion;
  /** What the region is on; what its objects are on. */
  let whole: SmallDisk;
  let disk: SmallDisk;
  let acme: ObjectsTenant;
  const tenant = () => acme;
  const data = () => region.data;

  const { TMPDIR } = process.env;

  before(async () => {
    chmodSync(images, 0o711);
    whole = smallDisk(join(images, 'whole'), join(images, 'on'), WHOLE);
    process.env.TMPDIR = whole.folder;
    region = await startRegion({ settings: 'incus:\n  mode: none' });
    // Before anything is in it: the first bucket has objects served.
    disk = smallDisk(join(images, 'objects'), join(region.data, 'objects'), DISK);
    acme = await objectsTenant(region, 'acme');
    await askForReport(acme);
  });
  after(async () => {
    disk?.unmount();
    await region?.destroy();
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    whole?.unmount();
    rmSync(images, { recursive: true, force: true });
  });

  rotCases(tenant, data);
  reportCases(tenant);
  killCases(tenant, data, () => region.scratch);
  manyPartsCases(tenant);
  destroyedKeyCases(tenant, data, () => [whole, disk]);
  fullDiskCases(tenant, data);
});
