/** Imports and retirings that are killed at seeded points of all that they do to the disk, half of them with the power cut, and that have to end as if nothing had happened. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { blobPath, sha256 } from '../../bundle/descriptor.ts';
import { BLOCK_BYTES } from '../../bundle/limits.ts';
import { LARGE_BYTES, RECIPE, startBundleWorld } from '../../bundle/testing/bundle-world.ts';
import { metadataBytes } from '../../bundle/tuf/metadata.ts';
import { ContentStore } from '../content-store.ts';
import { gapFolders } from '../folders.ts';
import type { Entry } from './journal.ts';
import { cutPower } from './power-cut.ts';

const CHILD = join(import.meta.dirname, 'kill-child.ts');
const JOURNAL = join(import.meta.dirname, 'journal.ts');
/** Of one import: after that many it is let come to its end. */
const KILLS_MAX = 5;

/** Numbers from 0 up to below `end`, the same each time. */
export function seeded(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}

export async function killAtPoints(t: TestContext, points: number, seed: number): Promise<void> {
  const world = await startBundleWorld(t);
  const [root] = world.roots;
  assert.ok(root);
  await writeFile(world.path('root.json'), metadataBytes(root));
  const first = await world.signed('seven', 'tar');
  const model = await readFile(world.path('model.bin'));
  // The next version: the same large file but for its end, so that something is new, and something is there.
  model.writeUInt8(model.readUInt8(LARGE_BYTES - 1) ^ 1, LARGE_BYTES - 1);
  await writeFile(world.path('model.bin'), model);
  const second = await world.signed('eight', 'tar', { recipe: RECIPE.replace('version: 7', 'version: 8') });
  const journal = world.path('journal');

  async function run(gap: string, bundle: string, retire: string, killAt: number) {
    await rm(journal, { force: true });
    const child = spawn(
      process.execPath,
      ['--import', JOURNAL, CHILD, bundle, gap, world.path('root.json'), retire, retire === '' ? '7' : '8'],
      {
        stdio: 'inherit',
        env: {
          ...process.env,
          JOURNAL: journal,
          KILL_AT: String(killAt),
          NODE_COMPILE_CACHE: world.path('cache'),
        },
      },
    );
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    const text = await readFile(journal, 'utf8').catch(() => '');
    const entries = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Entry);
    return { ended: signal ?? code, entries };
  }

  const ready = world.path('ready');
  for (const folder of Object.values(gapFolders(ready))) await mkdir(folder, { recursive: true });
  assert.equal((await run(ready, first, '', 0)).ended, 0);
  const [seven] = await new ContentStore(gapFolders(ready).content).bundles();
  assert.ok(seven);
  await cp(ready, world.path('probe'), { recursive: true });
  const whole = await run(world.path('probe'), second, seven.digest, 0);
  const [end] = whole.entries.flatMap((entry) => (entry.did === 'end' ? [entry.points] : []));
  assert.ok(end !== undefined && end > 50, `${end} points`);
  const wanted = await stateOf(world.path('probe'));

  const next = seeded(seed);
  for (let kills = 0; kills < points; ) {
    const gap = world.path('gap');
    await rm(gap, { recursive: true, force: true });
    await cp(ready, gap, { recursive: true });
    const blocks = new Set<number>();
    let killsHere = 0;
    for (;;) {
      const killAt: number = killsHere < KILLS_MAX && kills < points ? 1 + next(end) : 0;
      const { ended, entries } = await run(gap, second, seven.digest, killAt);
      for (const block of blocksOfLarge(entries)) {
        // Whatever stopped it has cost the block that was being written, and none that was.
        assert.ok(!blocks.has(block), `seed ${seed}, kill ${kills}: block ${block} was written again`);
        blocks.add(block);
      }
      if (ended === 0) break;
      assert.equal(ended, 'SIGKILL', `killed at ${killAt}`);
      kills += 1;
      killsHere += 1;
      if (next(2) === 0) continue;
      cutPower(entries, next, { created: true });
    }
    const said = `seed ${seed}, ${kills} kills`;
    assert.deepEqual(await stateOf(gap), wanted, said);
    assert.ok(blocks.size <= Math.ceil(LARGE_BYTES / BLOCK_BYTES), said);
  }
}

/** The numbers of those that were written, of the one draft that has several. */
function blocksOfLarge(entries: readonly Entry[]): readonly number[] {
  return entries.flatMap((entry) =>
    entry.did === 'write' && entry.path.endsWith('.part') && entry.to > BLOCK_BYTES / 2
      ? [Math.floor(entry.from / BLOCK_BYTES)]
      : [],
  );
}

/** All that is left behind; every blob is what its name says, and no bundle lacks one. */
async function stateOf(gap: string) {
  const folders = gapFolders(gap);
  const content = new ContentStore(folders.content);
  const bundles = await content.bundles();
  const blobs = (await readdir(join(folders.content, 'blobs/sha256'))).toSorted();
  for (const name of blobs)
    assert.equal(sha256(await readFile(join(folders.content, blobPath(`sha256:${name}`)))), `sha256:${name}`);
  return {
    bundles: bundles.map(({ name, version }) => `${name} ${version}`),
    blobs,
    lists: await readdir(join(folders.content, 'lists')),
    others: (await readdir(folders.content)).toSorted(),
    quarantine: await readdir(folders.quarantine),
  };
}
