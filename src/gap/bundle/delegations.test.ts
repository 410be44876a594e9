/** Parts of a bundle that others have to sign as well: both groups count, each for what is theirs, and nothing moves from one list to the other. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { readHead } from './contents.ts';
import { inspectBundle } from './inspect.ts';
import type { BundleReason } from './problem.ts';
import { BundleError } from './problem.ts';
import { parseRecipe } from './recipe.ts';
import { rewriteMetadata } from './rewrite.ts';
import { signBundle, signedRoles } from './sign.ts';
import { detachedSignatures, withSignatures } from './signatures.ts';
import { openBundle } from './source.ts';
import { type BundleWorld, startBundleWorld } from './testing/bundle-world.ts';
import { SMALL_RECIPE } from './testing/mutated.ts';
import type { BundleMetadata } from './tuf/client.ts';
import { allTargets, requireDelegated } from './tuf/delegations.ts';
import { publicSignerText } from './tuf/key-file.ts';
import { signable, signedDigest } from './tuf/metadata.ts';
import type { TargetsSigned } from './tuf/schema.ts';
import { newSigner, type PrivateSigner, signWith } from './tuf/signer.ts';

const DELEGATIONS = `delegations:
  - {role: models, paths: [files/models/*], signers: [dora.pub.json, erik.pub.json], threshold: 1}
items:`;
const RECIPE = SMALL_RECIPE.replace('items:', DELEGATIONS);

interface World {
  readonly bundles: BundleWorld;
  readonly dora: PrivateSigner;
  readonly erik: PrivateSigner;
}

async function start(t: TestContext): Promise<World> {
  const bundles = await startBundleWorld(t);
  const [dora, erik] = [newSigner('dora', 'hybrid'), newSigner('erik', 'hybrid')];
  for (const signer of [dora, erik])
    await writeFile(bundles.path(`${signer.public.name}.pub.json`), publicSignerText(signer.public));
  return { bundles, dora, erik };
}

const refusedAs = (reason: BundleReason, part: string, why: RegExp) => (error: unknown) =>
  error instanceof BundleError && error.reason === reason && error.part === part && why.test(error.message);

test('what is delegated counts once those it is delegated to have signed it, and those who sign for everything', async (t) => {
  const { bundles, dora, erik } = await start(t);
  await bundles.signed('a', 'tar', { recipe: RECIPE });
  await assert.rejects(
    bundles.verify('a'),
    refusedAs(
      'Unsigned',
      'models',
      /0 of the 1 signers that the list of contents asks for .*(?:dora|erik) did not sign; (?:dora|erik) did not sign/,
    ),
  );
  const roles = signedRoles(await signBundle(bundles.path('a'), erik));
  assert.deepEqual(roles.at(-1), { role: 'models', threshold: 1, signed: ['erik'] });
  const { items, signers } = await bundles.verify('a');
  assert.deepEqual(
    items.map(({ path }) => path),
    ['files/handbook/2026.11', 'files/models/1.2'],
  );
  assert.deepEqual(signers.signed.toSorted(), ['alice', 'bob']);
  assert.deepEqual((await inspectBundle(bundles.path('a'))).items.length, 2);

  // Dora alone signs nothing of the rest.
  await bundles.build('b', 'tar', { recipe: RECIPE });
  await signBundle(bundles.path('b'), dora);
  await assert.rejects(bundles.verify('b'), refusedAs('Unsigned', 'timestamp', /alice did not sign/));
});

test('signatures of a delegated part travel by themselves, and only its own signers’ count there', async (t) => {
  const { bundles, dora } = await start(t);
  for (const name of ['a', 'b']) await bundles.build(name, 'tar', { recipe: RECIPE });
  const theirs = detachedSignatures(await signBundle(bundles.path('b'), dora));
  const merged = await rewriteMetadata(bundles.path('a'), (metadata) =>
    withSignatures(metadata, theirs, 'dora.signatures'),
  );
  assert.deepEqual(signedRoles(merged).at(-1)?.signed, ['dora']);
  const { signatures, ...file } = JSON.parse(theirs.toString());
  const moved = Buffer.from(
    JSON.stringify({ ...file, signatures: { ...signatures, targets: signatures.models } }),
  );
  await assert.rejects(
    rewriteMetadata(bundles.path('a'), (metadata) => withSignatures(metadata, moved, 'moved')),
    refusedAs('Unsigned', 'moved', /targets: the key .* signs nothing here/),
  );
  const unknown = Buffer.from(JSON.stringify({ ...file, signatures: { ...signatures, other: [] } }));
  await assert.rejects(
    rewriteMetadata(bundles.path('a'), (metadata) => withSignatures(metadata, unknown, 'unknown')),
    refusedAs('Unexpected', 'unknown', /other: there is nothing of that name/),
  );
});

/** What `change` makes of the lists, signed by everybody whose list it is. */
async function forge(
  { bundles, dora }: World,
  change: (metadata: BundleMetadata) => { readonly targets?: TargetsSigned; readonly models?: TargetsSigned },
): Promise<void> {
  await bundles.signed('forged', 'tar', { recipe: RECIPE });
  await signBundle(bundles.path('forged'), dora);
  const { alice, bob } = bundles.signers;
  await rewriteMetadata(bundles.path('forged'), (metadata) => {
    const { targets, models } = change(metadata);
    const both = <S extends object>(signed: S) => signWith(signWith(signable(signed), alice), bob);
    return {
      ...metadata,
      ...(targets === undefined ? {} : { targets: both(targets) }),
      ...(models === undefined ? {} : { delegated: [signWith(signable(models), dora)] }),
    };
  });
}

test('those it is delegated to cannot list more than was signed for, nor others what is theirs', async (t) => {
  const world = await start(t);
  const { bundles } = world;
  await forge(world, ({ delegated: [models], targets }) => ({
    models: {
      ...(models?.signed as TargetsSigned),
      targets: { ...models?.signed.targets, ...targets.signed.targets },
    },
  }));
  await assert.rejects(
    bundles.verify('forged'),
    refusedAs('WrongDigest', 'models', /is not the models that was signed for/),
  );

  await forge(world, ({ delegated: [models], targets }) => ({
    targets: { ...targets.signed, targets: { ...targets.signed.targets, ...models?.signed.targets } },
  }));
  await assert.rejects(
    bundles.verify('forged'),
    refusedAs('WrongDigest', 'targets', /is not the targets that was signed for/),
  );

  const dropped = forge(world, ({ targets }) => {
    const { delegations: _, ...rest } = targets.signed;
    return { targets: rest };
  });
  await assert.rejects(dropped, refusedAs('Malformed', 'metadata', /has 1 delegated lists, not 0/));
});

test('a list is refused for an item that is another’s to list, even where everybody signed', async (t) => {
  const { bundles, dora } = await start(t);
  const { metadata } = await readHead(await bundleOf(t, bundles));
  const { targets, delegated } = metadata;
  const [models] = delegated;
  const [root] = bundles.roots;
  assert.ok(models && root);
  const all = allTargets(targets, delegated);
  const check = (own: TargetsSigned['targets'], theirs: TargetsSigned['targets']) => {
    const list = signWith(signable({ ...models.signed, targets: theirs }), dora);
    const digest = signedDigest(list);
    const [role] = targets.signed.delegations?.roles ?? [];
    assert.ok(role && targets.signed.delegations);
    const delegations = {
      ...targets.signed.delegations,
      roles: [{ ...role, 'x-casemate-signed-sha256': digest }],
    };
    const meta = {
      ...metadata.snapshot.signed.meta,
      'models.json': { version: 7, 'x-casemate-signed-sha256': digest },
    };
    requireDelegated({
      root: root.signed,
      snapshot: { ...metadata.snapshot.signed, meta },
      targets: signable({ ...targets.signed, targets: own, delegations }),
      delegated: [list],
    });
  };
  check(targets.signed.targets, models.signed.targets);
  assert.throws(
    () => check(targets.signed.targets, all),
    refusedAs(
      'Untrusted',
      'models',
      /lists files\/handbook\/2026.11, which is of the whole bundle’s signers to list/,
    ),
  );
  assert.throws(
    () => check(all, models.signed.targets),
    refusedAs('Untrusted', 'targets', /lists files\/models\/1.2, which is of models to list/),
  );
});

async function bundleOf(t: TestContext, bundles: BundleWorld) {
  await bundles.signed('whole', 'tar', { recipe: RECIPE });
  const source = await openBundle(bundles.path('whole'));
  t.after(() => source.close());
  return source;
}

test('a recipe that delegates what cannot be is refused by its field', async (t) => {
  const { bundles } = await start(t);
  const refused = (from: string, to: string) => {
    try {
      parseRecipe(RECIPE.replace(from, to), 'recipe.yaml');
    } catch (error) {
      return error instanceof BundleError ? `${error.part}: ${error.message}` : String(error);
    }
    return undefined;
  };
  assert.match(refused('role: models', 'role: targets') ?? '', /delegations.*role/);
  assert.match(refused('files/models/*', 'files/*/**') ?? '', /paths/);
  assert.match(refused('threshold: 1', 'threshold: 3') ?? '', /delegations\[0\].*threshold: 3 of 2 signers/);
  await assert.rejects(
    bundles.build('x', 'tar', { recipe: RECIPE.replace('erik.pub.json', 'nobody.pub.json') }),
    refusedAs('Missing', bundles.path('nobody.pub.json'), /ENOENT|no such file/),
  );
  await assert.rejects(
    bundles.build('x', 'tar', {
      recipe: RECIPE.replace('threshold: 1', 'threshold: 2').replace('erik.pub.json', 'dora.pub.json'),
    }),
    refusedAs('Malformed', 'delegations', /asks for 2 of 1 signers/),
  );
});
