/**
 * Makes what the mirror serves out of what was published, and replaces the one file that says so. What was published before stays as it was: of two packages with one name and
 * version the first counts, and the other is noted. Done again with the same content it changes nothing; killed anywhere, it leaves the tree before.
 */
import { hash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Type } from 'typebox';
import { syncFolder, writeDurably } from '#trust/files.ts';
import type { NpmManifest } from '../bundle/content/npm-manifest.ts';
import type { ContentStore, PublishedBundle } from '../import/content-store.ts';
import { readContent } from '../import/read-content.ts';
import { APT_ROOT, type AptPackage, aptPackage, suiteOf, suitesOf } from './apt.ts';
import { INDEX_BYTES_MAX, PACKAGES_MAX } from './limits.ts';
import { exists, writeMade } from './made.ts';
import type { MirrorKey } from './mirror-key.ts';
import { manifestOf, NPM_ROOT, NpmConfig, type NpmPackage, packument, tarballPath } from './npm.ts';
import { STATEMENTS } from './origins.ts';
import { configReader, itemsOf, type PublishedItem } from './published.ts';
import {
  EMPTY_TREE,
  type MirroredPackage,
  type MirrorFolders,
  type Origin,
  readTree,
  type ServedFile,
  type Tree,
} from './tree.ts';

const NOTES_MAX = 100;
const FORMAT = 'mirror-2';
const DEB = 'application/vnd.debian.binary-package';
const TARBALL = 'application/octet-stream';

export interface BuildOptions {
  readonly content: Pick<ContentStore, 'blobPath' | 'bundles'>;
  readonly folders: MirrorFolders;
  readonly key: MirrorKey;
  /** Where instances reach it, without a slash at the end. */
  readonly url: string;
}

/** What is served from now on. Throws BundleError where content is damaged; then what was served before goes on. */
export async function buildTree(options: BuildOptions): Promise<Tree> {
  const { content, folders, key, url } = options;
  const bundles = (await content.bundles()).filter(holdsPackages);
  const before = await readTree(folders.tree).catch((error: unknown) => {
    // A damaged one is made anew, out of what was published.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  });
  if (bundles.length === 0) return before ?? EMPTY_TREE;
  const publicKey = await key.publicKey();
  const inputs = hash(
    'sha256',
    JSON.stringify([FORMAT, url, publicKey, bundles.map(({ digest }) => digest)]),
  );
  if (before?.inputs === inputs && (await allMade(before, folders))) return before;
  const work = new Work(options);
  for (const bundle of bundles) await work.take(bundle);
  const tree = await work.finish(inputs, before);
  for (const folder of [folders.made, dirname(folders.made)]) await syncFolder(folder);
  await writeDurably(folders.tree, JSON.stringify(tree), 0o640);
  await removeUnused([tree, before ?? EMPTY_TREE], folders);
  return tree;
}

const holdsPackages = ({ items }: PublishedBundle): boolean =>
  items.some(({ path }) => path.startsWith('debian-repository/') || path.startsWith('npm/'));

async function allMade({ files }: Tree, { made }: MirrorFolders): Promise<boolean> {
  const names = new Set(await readdir(made).catch((): string[] => []));
  return Object.values(files).every(({ from, sha256 }) => from !== 'made' || names.has(sha256));
}

/** What the tree before named stays as well: whoever serves may still go by that one. */
async function removeUnused(trees: readonly Tree[], { made }: MirrorFolders): Promise<void> {
  const used = new Set(trees.flatMap(({ files }) => Object.values(files).map(({ sha256 }) => sha256)));
  for (const name of await readdir(made)) if (!used.has(name)) await rm(join(made, name), { force: true });
}

const readNpm = configReader(NpmConfig);
const readReleaseOf = configReader(Type.Object({ release: Type.Optional(Type.String()) }));

interface InSuite {
  /** By SHA-256. */
  readonly packages: Map<string, AptPackage>;
  newest: string;
}

interface Version {
  readonly package: NpmPackage;
  readonly manifest: NpmManifest;
  readonly modified_ms: number;
}

class Work {
  readonly #options: BuildOptions;
  readonly #files: Record<string, ServedFile> = {};
  readonly #origins: Origin[] = [];
  /** By ecosystem, name, version and architecture. */
  readonly #packages = new Map<string, MirroredPackage>();
  readonly #notes: string[] = [];
  readonly #suites = new Map<string, InSuite>();
  /** By name, then by version. */
  readonly #names = new Map<string, Map<string, Version>>();

  constructor(options: BuildOptions) {
    this.#options = options;
  }

  async take(bundle: PublishedBundle): Promise<void> {
    const { name, items: _, metadata: __, ...rest } = bundle;
    const origin = this.#origins.push({ bundle: name, ...rest }) - 1;
    for (const item of await itemsOf(this.#options.content, bundle, 'debian-repository'))
      await this.#takeApt(item, bundle, origin);
    for (const item of await itemsOf(this.#options.content, bundle, 'npm'))
      this.#takeNpm(item, bundle, origin);
  }

  async #takeApt(item: PublishedItem, { publishedAt }: PublishedBundle, origin: number): Promise<void> {
    const suites = suitesOf(item.name, readReleaseOf(item).release);
    const layers = new Map([...item.layers.values()].map((layer) => [layer.digest, layer]));
    const seen = new Set<string>();
    for (const [title, layer] of item.layers) {
      if (!/^dists\/[^/]+\/main\/binary-[a-z0-9-]+\/Packages$/.test(title)) continue;
      const text = (await readContent(this.#options.content, layer, INDEX_BYTES_MAX, item.path)).toString(
        'utf8',
      );
      for (const stanza of text.split(/\n\n+/)) {
        if (stanza.trim() === '') continue;
        const one = aptPackage(stanza, item.path);
        // Packages for all architectures stand in each index.
        if (seen.has(one.sha256)) continue;
        seen.add(one.sha256);
        const { name, version, architecture, sha256, size } = one;
        if (layers.get(`sha256:${sha256}`)?.size !== size) {
          this.#note(`${item.path}: ${name} ${version} is in its index, but did not come with it`);
          continue;
        }
        const path = `${APT_ROOT}/${one.path}`;
        const found = { ecosystem: 'apt', name, version, architecture, suites, path, sha256, size } as const;
        if (!this.#add(found, DEB, item, publishedAt, origin)) continue;
        for (const suite of suites) this.#into(suite, one, publishedAt);
      }
    }
  }

  #into(suite: string, one: AptPackage, publishedAt: string): void {
    const found = this.#suites.get(suite) ?? { packages: new Map(), newest: publishedAt };
    this.#suites.set(suite, found);
    found.packages.set(one.sha256, one);
    if (publishedAt > found.newest) found.newest = publishedAt;
  }

  #takeNpm(item: PublishedItem, { publishedAt }: PublishedBundle, origin: number): void {
    for (const one of readNpm(item).packages) {
      const { name, version, sha256, size } = one;
      const layer = item.layers.get(tarballPath(one));
      if (layer?.digest !== `sha256:${sha256}` || layer.size !== size) {
        this.#note(`${item.path}: ${name} ${version} is in its list, but did not come with it`);
        continue;
      }
      const path = `${NPM_ROOT}/${tarballPath(one)}`;
      const found = { ecosystem: 'npm', name, version, path, sha256, size } as const;
      if (!this.#add(found, TARBALL, item, publishedAt, origin)) continue;
      const versions = this.#names.get(name) ?? new Map<string, Version>();
      this.#names.set(name, versions);
      if (versions.has(version)) continue;
      const manifest = manifestOf(one, `${item.path}: ${name} ${version}`);
      versions.set(version, { package: one, manifest, modified_ms: Date.parse(publishedAt) });
    }
  }

  #note(text: string): void {
    if (this.#notes.length < NOTES_MAX) this.#notes.push(text);
  }

  #serve(path: string, file: ServedFile): void {
    this.#files[path] ??= file;
  }

  /** What came once under a name and version is what that is, and came from there. False: this is something else. */
  #add(
    one: Omit<MirroredPackage, 'item' | 'origin' | 'provenance'>,
    type: string,
    { path, provenance }: PublishedItem,
    publishedAt: string,
    origin: number,
  ): boolean {
    const what = [one.ecosystem, one.name, one.version, one.architecture ?? ''].join(' ').trim();
    const modified_ms = Date.parse(publishedAt);
    const first = this.#packages.get(what);
    if (first !== undefined && first.sha256 !== one.sha256) {
      this.#note(
        `${path}: ${what} has other bytes than what was published under that name before, and is not served`,
      );
      return false;
    }
    if (first !== undefined) {
      const suites = [...new Set([...(first.suites ?? []), ...(one.suites ?? [])])];
      if (first.suites !== undefined) this.#packages.set(what, { ...first, suites });
      return true;
    }
    if (this.#packages.size >= PACKAGES_MAX)
      throw new RangeError(`the mirror serves ${PACKAGES_MAX} packages, which is the most`);
    this.#serve(one.path, { from: 'content', sha256: one.sha256, size: one.size, type, modified_ms });
    const hex = provenance?.digest.slice('sha256:'.length);
    this.#packages.set(what, {
      ...one,
      item: path,
      origin,
      ...(hex === undefined ? {} : { provenance: hex }),
    });
    if (hex !== undefined && provenance !== undefined) {
      const file = { from: 'content', sha256: hex, size: provenance.size } as const;
      this.#serve(`${STATEMENTS}/${hex}`, { ...file, type: 'application/vnd.in-toto+json', modified_ms });
    }
    return true;
  }

  async finish(inputs: string, before: Tree | undefined): Promise<Tree> {
    await mkdir(this.#options.folders.made, { recursive: true });
    for (const [name, { packages, newest }] of this.#suites)
      await this.#finishSuite(name, [...packages.values()], newest);
    for (const [name, versions] of this.#names) {
      const all = [...versions.values()];
      const bytes = packument(name, all, `${this.#options.url}${NPM_ROOT}/`);
      const modified_ms = Math.max(...all.map((one) => one.modified_ms));
      await this.#make(`${NPM_ROOT}/${name}`, bytes, 'application/json', modified_ms);
    }
    const key = Buffer.from(await this.#options.key.publicKey(), 'utf8');
    await this.#make(`${APT_ROOT}/key.asc`, key, 'application/pgp-keys', 0);
    for (const [path, file] of Object.entries(before?.files ?? {})) {
      if (path.includes('/by-hash/') && file.isOld !== true && (await exists(this.#options.folders, file)))
        this.#serve(path, { ...file, isOld: true });
    }
    return {
      format: 1,
      inputs,
      files: this.#files,
      origins: this.#origins,
      packages: [...this.#packages.values()],
      notes: this.#notes,
    };
  }

  async #finishSuite(name: string, packages: readonly AptPackage[], publishedAt: string): Promise<void> {
    const { files, release } = suiteOf(name, packages, publishedAt);
    const root = `${APT_ROOT}/dists/${name}`;
    const modified_ms = Date.parse(publishedAt);
    for (const { path, bytes } of files) {
      const type = path.endsWith('.gz') ? 'application/gzip' : 'text/plain; charset=utf-8';
      const { sha256 } = await this.#make(`${root}/${path}`, bytes, type, modified_ms);
      const byHash = join(root, dirname(path), 'by-hash/SHA256', sha256);
      this.#serve(byHash, { from: 'made', sha256, size: bytes.length, type, modified_ms });
    }
    const signed = Buffer.from(await this.#options.key.sign(release), 'utf8');
    await this.#make(`${root}/InRelease`, signed, 'text/plain; charset=utf-8', modified_ms);
  }

  async #make(path: string, bytes: Buffer, type: string, modified_ms: number): Promise<ServedFile> {
    const sha256 = await writeMade(this.#options.folders, bytes);
    const file: ServedFile = { from: 'made', sha256, size: bytes.length, type, modified_ms };
    this.#serve(path, file);
    return file;
  }
}
