/**
 * The kinds a region really serves, walked with the same personas and the same table of expectations as trust's own
 * samples: a service that adds an operation nobody has decided about, or opens one too far, fails here.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { VulnerabilityReport } from '#gap/advisories/report/report-kind.ts';
import { EXPORT_KINDS } from '#gap/export/service.ts';
import { IMPORT_KINDS } from '#gap/import/service.ts';
import { INVENTORY_KINDS } from '#gap/inventory/service.ts';
import { SEAL_KINDS } from '#gap/seal/service.ts';
import type { Kind } from '#kernel/kind.ts';
import { RegionRestore } from '#region/backup/restored.ts';
import { Image } from '#services/compute/image.ts';
import { Instance } from '#services/compute/instance.ts';
import { InstanceSnapshot } from '#services/compute/snapshot.ts';
import { NETWORK_KINDS } from '#services/network/service.ts';
import { OBJECT_KINDS } from '#services/objects/service.ts';
import { STORAGE_KINDS } from '#services/storage/service.ts';
import { TENANCY_KINDS } from '#services/tenancy/service.ts';
import { KEY_KINDS } from '#trust/keys/service.ts';
import { RETENTION_KINDS } from '#trust/ledger/retention-kinds.ts';
import { trustFixture } from '#trust/testing/fixture.ts';
import {
  openSurface,
  openToStrangers,
  type Surface,
  untestedOperations,
  wrongDecisions,
} from '#trust/testing/walk.ts';
import { WitnessKind } from '#trust/witness/witness-kind.ts';

const KINDS: readonly Kind[] = [
  ...TENANCY_KINDS,
  ...KEY_KINDS,
  WitnessKind,
  ...RETENTION_KINDS,
  ...SEAL_KINDS,
  ...IMPORT_KINDS,
  ...INVENTORY_KINDS,
  ...EXPORT_KINDS,
  ...NETWORK_KINDS,
  ...OBJECT_KINDS,
  Image,
  Instance,
  InstanceSnapshot,
  ...STORAGE_KINDS,
  VulnerabilityReport,
  RegionRestore,
];

describe('every operation a region serves', () => {
  let surface: Surface;
  before(async () => {
    surface = await openSurface(await trustFixture(KINDS));
  });
  after(() => surface.region.close());

  it('is decided for every persona as the table of expectations says', async () => {
    assert.deepEqual(await wrongDecisions(surface), []);
  });

  it('has a tested case that allows and one that denies', () => {
    assert.deepEqual(untestedOperations(surface), []);
  });

  it('is closed to everybody of another realm: no operator opens anything under /orgs/', async () => {
    assert.deepEqual(await openToStrangers(surface), []);
  });
});
