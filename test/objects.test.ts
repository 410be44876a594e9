/** Objects in a running region, used by the clients that people have. */
import { after, before, suite } from 'node:test';
import { sdkCases } from './objects/sdk.ts';
import { toolCases } from './objects/tools.ts';
import { type ObjectsTenant, objectsTenant } from './support/objects.ts';
import { startRegion, type TestRegion } from './support/region.ts';

suite('a region that keeps objects', { timeout: 540_000 }, () => {
  let region: TestRegion;
  let acme: ObjectsTenant;
  const tenant = () => acme;

  before(async () => {
    region = await startRegion({ settings: 'incus:\n  mode: none' });
    acme = await objectsTenant(region, 'acme');
  });
  after(() => region?.destroy());

  sdkCases(tenant);
  toolCases(tenant, () => region.scratch);
});
