/** A region's content with a bundle of a Debian repository and npm packages in it, and the mirror of that. For tests only. */
import { mkdtemp } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { softwareKeyring } from '#trust/keys/keyring.ts';
import { memoryKeyStorage } from '#trust/keys/memory-key-storage.ts';
import { symmetricKey } from '#trust/keys/wrapping.ts';
import { startAptMirror } from '../../bundle/testing/apt-mirror.ts';
import { type BundleWorld, NOW_ms, startBundleWorld } from '../../bundle/testing/bundle-world.ts';
import { type MadePackage, type NpmRegistry, startNpmRegistry } from '../../bundle/testing/npm-registry.ts';
import { ContentStore } from '../../import/content-store.ts';
import { type MirrorKey, mirrorKey } from '../mirror-key.ts';
import { type MirrorFolders, mirrorFolders } from '../tree.ts';

export const NPM_PACKAGES: readonly MadePackage[] = [
  { name: '@town/hall', version: '1.2.0', dependencies: { bell: '^2.0.0' }, fields: { license: 'EUPL-1.2' } },
  { name: 'bell', version: '2.0.0' },
  { name: 'bell', version: '2.1.0', files: { 'index.js': 'module.exports = "ding";\n' } },
];

export interface PublishedWorld {
  readonly bundles: BundleWorld;
  readonly content: ContentStore;
  readonly folders: MirrorFolders;
  readonly folder: string;
  readonly key: MirrorKey;
  readonly clock: ManualClock;
  /** Where the connected side gets its packages. */
  readonly registry: NpmRegistry;
  /** Builds a bundle of items, as YAML, signs it and publishes it. */
  publish(version: number, items: string, publishedAt?: string): Promise<void>;
}

export const TOOLS = `
  - {type: debian-repository, name: tools, version: "1.0", licence: GPL-3.0-or-later, release: debian-12, packages: [casemate-test-tool]}`;
export const TOWN = `
  - {type: npm, name: town, version: "1.0", licence: EUPL-1.2, packages: ["@town/hall@^1"]}`;

const recipe = (version: number, items: string) => `
name: town
version: ${version}
created: 2026-11-20T00:00:00Z
expires: 2027-05-20T00:00:00Z
roots: roots
items:${items}
`;

export async function startPublishedWorld(t: TestContext): Promise<PublishedWorld> {
  const bundles = await startBundleWorld(t);
  const apt = await startAptMirror(t);
  const registry = await startNpmRegistry(t, bundles.path('registry'), NPM_PACKAGES);
  const before = { ...process.env };
  const own: Readonly<Record<string, string>> = { ...registry.env, APT_CONFIG: apt.config };
  const clock = new ManualClock(NOW_ms);
  const keyring = softwareKeyring({
    region: 'test',
    storage: memoryKeyStorage(),
    masterKey: symmetricKey(new Uint8Array(32)),
    clock,
  });
  await keyring.create(REGION);
  const folder = bundles.path('content');
  const content = new ContentStore(folder);
  return {
    bundles,
    content,
    folder,
    folders: mirrorFolders(folder),
    key: mirrorKey({ material: keyring.material, region: 'test', clock }),
    clock,
    registry,
    async publish(version, items, publishedAt = '2026-11-22T00:00:00Z') {
      const name = `town-${version}-${(await mkdtemp(bundles.path('x-'))).slice(-6)}`;
      Object.assign(process.env, own);
      try {
        await bundles.signed(name, 'folder', { recipe: recipe(version, items) });
      } finally {
        for (const variable of Object.keys(own)) {
          if (before[variable] === undefined) delete process.env[variable];
          else process.env[variable] = before[variable];
        }
      }
      const verified = await bundles.verify(name);
      await content.publish(bundles.path(name), {
        name: verified.name,
        version: verified.version,
        created: verified.created,
        digest: `sha256:${verified.digest}`,
        metadata: '',
        publishedAt,
        import: `town-${version}`,
        signers: [...verified.signers.signed].sort(),
        threshold: verified.signers.threshold,
        items: verified.items.map(({ path, artifactType, manifest, companion }) => ({
          path,
          ...(artifactType === undefined ? {} : { artifactType }),
          manifest: { digest: manifest.digest, size: manifest.size },
          companion: { digest: companion.digest, size: companion.size },
        })),
      });
    },
  };
}
