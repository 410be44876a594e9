/** What tests of bundles share: signers, a chain of roots, a recipe with two items, one of them larger than a block, built and signed in a folder of its own. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Built, buildBundle } from '../build.ts';
import { openBases } from '../delta/bases.ts';
import { hadByBundles } from '../delta/had-files.ts';
import { BLOCK_BYTES } from '../limits.ts';
import { writeBundle } from '../output.ts';
import { parseRecipe } from '../recipe.ts';
import { signBundle } from '../sign.ts';
import { openBundle } from '../source.ts';
import type { Accepted, Trust } from '../tuf/client.ts';
import type { Signable } from '../tuf/metadata.ts';
import { type RootPlan, rootOf, signRoot } from '../tuf/root.ts';
import type { Profile, RootSigned } from '../tuf/schema.ts';
import { newSigner, type PrivateSigner } from '../tuf/signer.ts';
import { type VerifiedBundle, verifyBundle } from '../verify.ts';

export const CREATED = '2026-11-20T00:00:00Z';
export const EXPIRES = '2027-05-20T00:00:00Z';
export const NOW_ms = Date.parse('2026-11-22T00:00:00Z');

/** Three blocks, the last one short; the same bytes each time. */
export const LARGE_BYTES = 2 * BLOCK_BYTES + 1_000;

export const RECIPE = `
name: town-models
version: 7
created: ${CREATED}
expires: ${EXPIRES}
roots: roots
items:
  - type: files
    name: models
    version: "1.2"
    description: What the town hall's assistant runs on
    licence: Apache-2.0
    source: the ministry's own training run 41
    files:
      - path: model.bin
      - path: papers
        as: papers
        mediaType: text/plain
    vex:
      - vulnerability: CVE-2026-1234
        status: not_affected
        justification: component_not_present
  - type: files
    name: handbook
    version: "2026.11"
    licence: CC-BY-4.0
    files: [{path: papers/readme.txt, as: readme.txt}]
`;

export interface BundleWorld {
  readonly folder: string;
  readonly signers: Readonly<Record<'alice' | 'bob' | 'carol' | 'mallory', PrivateSigner>>;
  readonly roots: readonly Signable<RootSigned>[];
  readonly trust: Trust;
  path(name: string): string;
  build(name: string, form: 'folder' | 'tar', options?: BuildChanges): Promise<Built>;
  /** As `build`, then signed by alice and bob. */
  signed(name: string, form: 'folder' | 'tar', options?: BuildChanges): Promise<string>;
  verify(name: string, changes?: VerifyChanges): Promise<VerifiedBundle>;
}

export interface VerifyChanges {
  readonly trust?: Trust;
  readonly clock_ms?: number;
  readonly expired?: 'refuse' | 'remark';
  /** Bundles and folders that old content is read from. */
  readonly bases?: readonly string[];
}

export interface BuildChanges {
  readonly recipe?: string;
  readonly roots?: readonly Signable<RootSigned>[];
  /** Names of bundles that the region has; old content is read from them. */
  readonly against?: readonly string[];
}

const signersOf = (profile: Profile): BundleWorld['signers'] => ({
  alice: newSigner('alice', profile),
  bob: newSigner('bob', profile),
  carol: newSigner('carol', profile),
  mallory: newSigner('mallory', profile),
});

/** Two of alice, bob and carol are needed for everything. */
export function planFor(signers: BundleWorld['signers'], profile: Profile): RootPlan {
  const three = [signers.alice, signers.bob, signers.carol].map((signer) => signer.public);
  return {
    profile,
    expires: '2030-01-01T00:00:00Z',
    rootSigners: three,
    rootThreshold: 2,
    contentSigners: three,
    contentThreshold: 2,
  };
}

/** Ends a chain with one more root, signed by those who are given. */
export function extendChain(
  chain: readonly Signable<RootSigned>[],
  plan: RootPlan,
  signers: readonly PrivateSigner[],
): Signable<RootSigned>[] {
  return signers.reduce<Signable<RootSigned>[]>(
    (roots, signer) => [...roots.slice(0, -1), signRoot(roots, signer)],
    [...chain, rootOf(chain.length + 1, plan)],
  );
}

export async function startBundleWorld(t: TestContext, profile: Profile = 'hybrid'): Promise<BundleWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  await mkdir(path('papers'));
  await writeFile(path('papers/readme.txt'), 'Read me first.\n');
  await writeFile(path('papers/method.txt'), 'How it was made.\n');
  await writeFile(path('model.bin'), patternOf(LARGE_BYTES));
  const signers = signersOf(profile);
  const roots = extendChain([], planFor(signers, profile), [signers.alice, signers.bob]);
  const [root] = roots;
  if (root === undefined) throw new Error('there is no root');
  const trust: Trust = { root, accepted: new Map<string, Accepted>() };
  const build = async (name: string, form: 'folder' | 'tar', changes: BuildChanges = {}) => {
    const against = changes.against?.map(path);
    const old = await openBases(against ?? []);
    const built = await buildBundle(parseRecipe(changes.recipe ?? RECIPE, 'recipe.yaml'), {
      folder,
      roots: changes.roots ?? roots,
      toolVersion: '0.0.0',
      report: () => {},
      scratch: await mkdtemp(path('scratch-')),
      ...(against === undefined ? {} : { deltas: { had: await hadByBundles(against), bases: old.bases } }),
    });
    await writeBundle(path(name), form, built.files);
    await old.close();
    return built;
  };
  return {
    folder,
    signers,
    roots,
    trust,
    path,
    build,
    async signed(name, form, changes) {
      await build(name, form, changes);
      await signBundle(path(name), signers.alice);
      await signBundle(path(name), signers.bob);
      return path(name);
    },
    async verify(name, changes = {}) {
      const source = await openBundle(path(name));
      const old = await openBases((changes.bases ?? []).map(path));
      try {
        return await verifyBundle(source, {
          bases: old.bases,
          trust: changes.trust ?? trust,
          clock_ms: changes.clock_ms ?? NOW_ms,
          policy: { expired: changes.expired ?? 'refuse' },
        });
      } finally {
        await source.close();
        await old.close();
      }
    },
  };
}

/** Bytes without an obvious period, made quickly; others for another seed. */
export function patternOf(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at + 4 <= length; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  return bytes;
}
