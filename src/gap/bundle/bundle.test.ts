// Bundles from the recipe to the last block: built, signed, verified.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, readFile, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { rewriteMetadata } from './rewrite.ts';
import { signBundle, signedRoles, signMetadata } from './sign.ts';
import { detachedSignatures, withSignatures } from './signatures.ts';
import { CREATED, EXPIRES, RECIPE, startBundleWorld } from './testing/bundle-world.ts';
import { SMALL_RECIPE } from './testing/mutated.ts';

/** Other by one bit. */
const flipped = (hex: string): string =>
  `${(Number.parseInt(hex.charAt(0), 16) ^ 1).toString(16)}${hex.slice(1)}`;

test('a bundle that two of three signed verifies, as a tar file and as a folder, and they have one digest', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('a.bundle', 'tar');
  await world.signed('a', 'folder');
  const [tar, folder] = [await world.verify('a.bundle'), await world.verify('a')];
  assert.equal(tar.digest, folder.digest);
  assert.equal(tar.name, 'town-models');
  assert.equal(tar.version, 7);
  assert.deepEqual(tar.signers, {
    threshold: 2,
    signed: tar.signers.signed,
    wanting: ['carol did not sign'],
  });
  assert.deepEqual([...tar.signers.signed].sort(), ['alice', 'bob']);
  assert.deepEqual(
    tar.items.map(({ path, layers }) => [path, layers.length]),
    [
      ['files/handbook/2026.11', 1],
      ['files/models/1.2', 3],
    ],
  );
  assert.deepEqual(tar.remarks, []);
});

test('two builds of the same inputs give the same bytes, and signatures do not change the digest', async (t) => {
  const world = await startBundleWorld(t);
  const first = await world.build('one.bundle', 'tar');
  const second = await world.build('two.bundle', 'tar');
  assert.ok((await readFile(world.path('one.bundle'))).equals(await readFile(world.path('two.bundle'))));
  assert.equal(first.digest, second.digest);
  await signBundle(world.path('one.bundle'), world.signers.alice);
  await signBundle(world.path('one.bundle'), world.signers.carol);
  assert.equal((await world.verify('one.bundle')).digest, second.digest);
});

test('other content, another version or another time is another digest', async (t) => {
  const world = await startBundleWorld(t);
  const digests = new Set<string>();
  const changes = [
    RECIPE,
    RECIPE.replace('version: 7', 'version: 8'),
    RECIPE.replace(EXPIRES, '2027-06-01T00:00:00Z'),
  ];
  for (const [index, recipe] of [...changes, RECIPE.replace('as: readme.txt', 'as: other.txt')].entries()) {
    digests.add((await world.build(`b${index}`, 'folder', { recipe })).digest);
  }
  assert.equal(digests.size, 4);
});

test('what is signed in a folder is the same as what is signed in a tar file: GNU tar reads it', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('a.bundle', 'tar');
  execFileSync('mkdir', [world.path('out')]);
  execFileSync('tar', ['-xf', world.path('a.bundle'), '-C', world.path('out')]);
  assert.equal((await world.verify('out')).version, 7);
});

test('signing on different machines: signatures add up, one by one, and signing again replaces', async (t) => {
  const world = await startBundleWorld(t);
  await world.build('a.bundle', 'tar');
  const roles = (signed: string[]) =>
    ['targets', 'snapshot', 'timestamp'].map((role) => ({ role, threshold: 2, signed }));
  assert.deepEqual(signedRoles(await signBundle(world.path('a.bundle'), world.signers.bob)), roles(['bob']));
  assert.deepEqual(signedRoles(await signBundle(world.path('a.bundle'), world.signers.bob)), roles(['bob']));
  await assert.rejects(
    world.verify('a.bundle'),
    /^BundleError: timestamp: 1 of the 2 signers that version 1 of the root asks for signed it: .*alice did not sign/,
  );
  const [targets] = signedRoles(await signBundle(world.path('a.bundle'), world.signers.alice));
  assert.deepEqual([...(targets?.signed ?? [])].sort(), ['alice', 'bob']);
  await world.verify('a.bundle');
});

test('a stranger cannot sign', async (t) => {
  const world = await startBundleWorld(t);
  await world.build('a', 'folder');
  await assert.rejects(signBundle(world.path('a'), world.signers.mallory), {
    reason: 'Untrusted',
    message:
      'mallory: version 1 of the root lets these keys sign nothing in a bundle, and nothing is delegated to them',
  });
});

test('a signer counts only when both halves hold, and each half that is wanting is named', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('a', 'folder');
  const keyOf = (half: 'classical' | 'postQuantum') => (half === 'classical' ? 64 : 3_309);
  for (const [half, name] of [
    ['classical', 'Ed25519'],
    ['postQuantum', 'ML-DSA-65'],
  ] as const) {
    for (const [what, message] of [
      ['missing', `without ${name}; both halves are required`],
      ['wrong', `has an ${name} signature that does not hold`],
    ] as const) {
      const copy = `${half}-${what}`;
      await cp(world.path('a'), world.path(copy), { recursive: true });
      await rewriteMetadata(world.path(copy), (metadata) => ({
        ...metadata,
        targets: {
          ...metadata.targets,
          signatures: metadata.targets.signatures.flatMap((signature) => {
            if (signature.sig.length !== 2 * keyOf(half)) return [signature];
            return what === 'missing' ? [] : [{ ...signature, sig: flipped(signature.sig) }];
          }),
        },
      }));
      await assert.rejects(world.verify(copy), (error: Error) => {
        assert.match(error.message, /^targets: 0 of the 2 signers/);
        assert.ok(error.message.includes(message), error.message);
        return true;
      });
    }
  }
});

test('the profile cnsa asks for ML-DSA-87 beside Ed25519', async (t) => {
  const world = await startBundleWorld(t, 'cnsa');
  await world.signed('a', 'folder');
  const { root } = await world.verify('a');
  assert.equal(root.signed['x-casemate-profile'], 'cnsa');
  assert.deepEqual(
    new Set(Object.values(root.signed['x-casemate-signers']).map(({ key }) => key.scheme)),
    new Set(['ml-dsa-87']),
  );
});

test('an interrupted signing leaves a bundle that the next signing puts in order', async (t) => {
  const world = await startBundleWorld(t);
  await world.build('a', 'folder');
  await cp(world.path('a'), world.path('half'), { recursive: true });
  await signBundle(world.path('a'), world.signers.alice);
  // All new blobs are there, the index is still the old one.
  await cp(world.path('a/blobs'), world.path('half/blobs'), { recursive: true });
  await signBundle(world.path('half'), world.signers.alice);
  await signBundle(world.path('half'), world.signers.bob);
  assert.equal((await world.verify('half')).version, 7);
  await rm(world.path('half/oci-layout'));
  await assert.rejects(world.verify('half'), { reason: 'Missing', part: 'oci-layout' });
});

test('a bundle past its time is refused, or accepted with a remark where the operator says so', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('a', 'folder', { recipe: SMALL_RECIPE });
  assert.equal((await world.verify('a')).created, CREATED);
  const late_ms = Date.parse(EXPIRES);
  await assert.rejects(world.verify('a', { clock_ms: late_ms }), { reason: 'Expired', part: 'timestamp' });
  const { remarks } = await world.verify('a', { clock_ms: late_ms, expired: 'remark' });
  assert.deepEqual(
    remarks,
    ['timestamp', 'snapshot', 'targets'].map(
      (role) => `${role} expired at ${EXPIRES}; it is ${EXPIRES} here`,
    ),
  );
});

test('a clock that was put back opens nothing: what was accepted and what the ledger holds tell the time too', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('a', 'folder', { recipe: SMALL_RECIPE });
  const [clock_ms, late_ms] = [0, Date.parse(EXPIRES)];
  const { remarks } = await world.verify('a', { clock_ms });
  assert.deepEqual(remarks, [
    `it says that it was made at ${CREATED}; the clock says 1970-01-01T00:00:00Z: one of them is wrong`,
  ]);
  const expired = { reason: 'Expired', part: 'timestamp' };
  await assert.rejects(
    world.verify('a', { clock_ms, trust: { ...world.trust, ledger_ms: late_ms } }),
    expired,
  );
  const accepted = new Map([['another', { version: 1, digest: 'x', created_ms: late_ms }]]);
  await assert.rejects(world.verify('a', { clock_ms, trust: { ...world.trust, accepted } }), expired);
});

test('signers who each built the bundle themselves exchange signatures, not bundles', async (t) => {
  const world = await startBundleWorld(t);
  await world.build('alices', 'folder', { recipe: SMALL_RECIPE });
  await world.build('bobs', 'folder', { recipe: SMALL_RECIPE });
  const bobs = await rewriteMetadata(world.path('bobs'), (metadata) => metadata);
  const file = detachedSignatures(signMetadata(bobs, world.signers.bob));
  assert.ok(file.length < 100_000);
  await signBundle(world.path('alices'), world.signers.alice);
  await rewriteMetadata(world.path('alices'), (metadata) => withSignatures(metadata, file, 'bob.signatures'));
  assert.equal((await world.verify('alices')).version, 7);
});

test('signatures of another bundle, or that do not hold, are not taken in', async (t) => {
  const world = await startBundleWorld(t);
  await world.build('a', 'folder', { recipe: SMALL_RECIPE });
  const metadata = await rewriteMetadata(world.path('a'), (same) => same);
  await world.build('b', 'folder', { recipe: SMALL_RECIPE.replace('version: 7', 'version: 8') });
  const other = await rewriteMetadata(world.path('b'), (same) => same);
  assert.throws(
    () =>
      withSignatures(metadata, detachedSignatures(signMetadata(other, world.signers.bob)), 'bob.signatures'),
    {
      reason: 'WrongDigest',
      part: 'bob.signatures',
      message: /are of town-models 8; this is another content$/,
    },
  );
  const signed = signMetadata(metadata, world.signers.bob);
  const forged = {
    ...signed,
    targets: {
      ...signed.targets,
      signatures: signed.targets.signatures.map((one) => ({ ...one, sig: flipped(one.sig) })),
    },
  };
  assert.throws(() => withSignatures(metadata, detachedSignatures(forged), 'bob.signatures'), {
    reason: 'Unsigned',
    message: 'bob.signatures: targets: bob has an Ed25519 signature that does not hold',
  });
});
