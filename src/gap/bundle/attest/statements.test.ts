// What is said about an item beside it: bill of materials, provenance, VEX; each found in the bundle, each about that item.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sbomInventory } from '#gap/advisories/inventory/cyclonedx.ts';
import { packagesIn } from '../content/base-image.ts';
import { readBlob } from '../contents.ts';
import { hexOf, MEDIA } from '../descriptor.ts';
import { STATEMENT_BYTES_MAX } from '../limits.ts';
import { openBundle } from '../source.ts';
import { CREATED, startBundleWorld } from '../testing/bundle-world.ts';
import { sbomBytes } from './sbom.ts';
import { vexProblem } from './vex.ts';

test('every item has a bill of materials and a provenance, and the VEX that its recipe gives', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('a', 'folder');
  const item = (await world.verify('a')).items.find(({ path }) => path === 'files/models/1.2');
  assert.ok(item);
  const source = await openBundle(world.path('a'));
  t.after(() => source.close());
  const read = async (mediaType: string) => {
    const descriptor = item.statements.find((one) => one.mediaType === mediaType);
    assert.ok(descriptor, mediaType);
    return JSON.parse((await readBlob(source, descriptor, STATEMENT_BYTES_MAX, mediaType)).toString('utf8'));
  };
  const sha256 = hexOf(item.manifest.digest);

  const sbom = await read(MEDIA.sbom);
  assert.equal(sbom.specVersion, '1.6');
  assert.equal(sbom.serialNumber, undefined);
  assert.equal(Date.parse(sbom.metadata.timestamp), Date.parse(CREATED));
  assert.deepEqual(sbom.metadata.component.licenses, [{ license: { id: 'Apache-2.0' } }]);
  assert.deepEqual(
    sbom.components.map(({ name, hashes }: { name: string; hashes: { content: string }[] }) => [
      name,
      `sha256:${hashes[0]?.content}`,
    ]),
    item.layers.map(({ descriptor }) => [
      descriptor.annotations?.['org.opencontainers.image.title'],
      descriptor.digest,
    ]),
  );

  const provenance = await read(MEDIA.provenance);
  assert.deepEqual(provenance.subject, [{ name: 'files/models/1.2', digest: { sha256 } }]);
  assert.equal(provenance.predicateType, 'https://slsa.dev/provenance/v1');
  const { buildDefinition } = provenance.predicate;
  assert.equal(buildDefinition.externalParameters.item.licence, 'Apache-2.0');
  assert.deepEqual(
    buildDefinition.resolvedDependencies.map(({ uri }: { uri: string }) => uri),
    item.layers.map(() => "the ministry's own training run 41"),
  );

  const vex = await read(MEDIA.vex);
  assert.equal(vex['@context'], 'https://openvex.dev/ns/v0.2.0');
  const [statement] = vex.statements;
  assert.deepEqual(
    [statement.vulnerability.name, statement.status, statement.justification],
    ['CVE-2026-1234', 'not_affected', 'component_not_present'],
  );
  assert.equal(statement.products[0].hashes['sha-256'], sha256);
});

test('the packages of a base image are looked up by their source packages', () => {
  const status = `Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc (2.36-9)
Version: 2.36-9+b1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
`;
  const parts = packagesIn(status, 'debian-12');
  assert.deepEqual(
    parts.map(({ name }) => name),
    ['libc6'],
  );
  const subject = { name: 'debian-12', version: '1.0', licence: 'LicenseRef-Debian', created: CREATED };
  const inventory = sbomInventory(sbomBytes(subject, parts).toString('utf8'));
  assert.equal(inventory.release, 'bookworm');
  assert.deepEqual(
    inventory.packages.map(({ name, version, binaries }) => ({ name, version, binaries })),
    [{ name: 'glibc', version: '2.36-9', binaries: ['libc6'] }],
  );
});

test('a statement that OpenVEX would not take is refused', () => {
  const about = (status: 'not_affected' | 'affected' | 'fixed', more = {}) =>
    vexProblem({ vulnerability: 'CVE-1', status, ...more });
  assert.match(about('not_affected') ?? '', /needs a justification/);
  assert.equal(about('not_affected', { impact: 'it is never called' }), undefined);
  assert.match(about('affected') ?? '', /needs an action/);
  assert.equal(about('affected', { action: 'turn it off' }), undefined);
  assert.equal(about('fixed'), undefined);
});
