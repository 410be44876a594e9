/** Objects in a running region, used by the clients that people have. */
import { after, before, suite } from 'node:test';
import { attackCases } from './objects/attacks.ts';
import { besideRequestCases } from './objects/beside-requests.ts';
import { everyOperationCases } from './objects/every-operation.ts';
import { faultCases } from './objects/faults.ts';
import { formCases } from './objects/forms.ts';
import { keyedCases } from './objects/keyed.ts';
import { raceCases } from './objects/races.ts';
import { refusalCases } from './objects/refusals.ts';
import { sdkCases } from './objects/sdk.ts';
import { toolCases } from './objects/tools.ts';
import { type ObjectsTenant, objectsTenant } from './support/objects.ts';
import { startRegion, type TestRegion } from './support/region.ts';

suite('a region that keeps objects', { timeout: 540_000 }, () => {
  let region: TestRegion;
  let acme: ObjectsTenant;
  let rival: ObjectsTenant;
  const tenant = () => acme;

  before(async () => {
    region = await startRegion({ settings: 'incus:\n  mode: none' });
    [acme, rival] = await Promise.all([objectsTenant(region, 'acme'), objectsTenant(region, 'rival')]);
  });
  after(() => region?.destroy());

  sdkCases(tenant);
  everyOperationCases(tenant);
  refusalCases(tenant, () => rival);
  formCases(tenant);
  besideRequestCases(tenant);
  raceCases(tenant);
  attackCases(tenant, () => region.data);
  faultCases(tenant, () => region.data);
  keyedCases(tenant, () => region.scratch);
  toolCases(tenant, () => region.scratch);
});
