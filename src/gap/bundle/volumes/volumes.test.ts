// Volumes of a real bundle on media that fail: lost, damaged, cut, mixed up, on a disk with bad sectors. What comes out is what was signed, or a word on what is missing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFile,
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspectBundle } from '../inspect.ts';
import { BundleError } from '../problem.ts';
import { openBundle } from '../source.ts';
import { type BundleWorld, startBundleWorld } from '../testing/bundle-world.ts';
import { checkVolumes } from './check.ts';
import { FRAME_BYTES } from './frame.ts';
import { joinFiles } from './join.ts';
import { readAround } from './salvage.ts';
import { FrameScanner } from './scanner.ts';
import { splitIntoFolder } from './split.ts';
import { startVolumeWorld } from './testing/volume-world.ts';

const VOLUME_BYTES = 1_000_000;

interface Split {
  readonly world: Pick<BundleWorld, 'path' | 'verify'>;
  readonly bundle: string;
  /** The folder, and the files in it, in their order. */
  readonly folder: string;
  readonly volumes: readonly string[];
}

type Case = readonly [title: string, run: (split: Split) => Promise<void>];
const cases: Case[] = [];
const withVolumes = (title: string, run: Case[1]) => void cases.push([title, run]);

/** One signed bundle of some 8 MiB in ten volumes, any one of which may be lost; each test has a copy of its own. */
async function runCases(t: TestContext): Promise<void> {
  const whole = await startBundleWorld(t);
  await whole.signed('town-7.bundle', 'tar');
  await splitIntoFolder(whole.path('town-7.bundle'), whole.path('volumes'), {
    parity_percent: 15,
    volume_bytes: VOLUME_BYTES,
  });
  for (const [number, [title, run]] of cases.entries()) {
    const path = (name: string) => whole.path(`${number}/${name}`);
    const verify: BundleWorld['verify'] = (name, changes) => whole.verify(`${number}/${name}`, changes);
    await mkdir(path(''));
    await copyFile(whole.path('town-7.bundle'), path('town-7.bundle'));
    await cp(whole.path('volumes'), path('volumes'), { recursive: true });
    const folder = path('volumes');
    const volumes = (await readdir(folder)).sort().map((name) => join(folder, name));
    await t.test(title, () =>
      run({ world: { path, verify }, bundle: path('town-7.bundle'), folder, volumes }),
    );
    await rm(path(''), { recursive: true });
  }
}

/** Changes `count` bytes from `at` on. */
async function damage(path: string, at: number, count: number): Promise<void> {
  const bytes = await readFile(path);
  for (let place = at; place < at + count; place++) bytes.writeUInt8(bytes.readUInt8(place) ^ 0xff, place);
  await writeFile(path, bytes);
}

const refused = (reason: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof BundleError, String(error));
  assert.equal(error.reason, reason);
  assert.match(error.message, text);
  return true;
};

withVolumes(
  'a bundle is verified and looked into straight from its volumes, and joined to the same bytes; skopeo reads what was joined',
  async ({ world, bundle, folder, volumes }) => {
    assert.equal(volumes.length, 10);
    assert.match(volumes[2] ?? '', /town-7\.bundle\.003-of-010$/);
    assert.equal((await world.verify('volumes')).version, 7);
    assert.equal((await inspectBundle(folder)).digest, (await inspectBundle(bundle)).digest);
    const joined = await joinFiles([folder], world.path('joined'));
    assert.equal(joined.repaired, 0);
    assert.ok((await readFile(world.path('joined'))).equals(await readFile(bundle)));
    const shown = execFileSync('skopeo', [
      'inspect',
      '--raw',
      `oci-archive:${world.path('joined')}:files/models:1.2`,
    ]);
    assert.match(shown.toString(), /model\.bin/);
  },
);

withVolumes('the same bundle gives the same volumes', async ({ world, bundle, folder, volumes }) => {
  const again = world.path('again');
  await splitIntoFolder(bundle, again, { parity_percent: 15, volume_bytes: VOLUME_BYTES });
  assert.deepEqual(await readdir(again), await readdir(folder));
  for (const path of volumes)
    assert.ok((await readFile(path)).equals(await readFile(path.replace(folder, again))), path);
});

withVolumes(
  'a whole volume is lost, another is damaged here and there, names say nothing: it verifies, and joins to the same bytes',
  async ({ world, bundle, folder, volumes }) => {
    const [first, second, third, , fifth] = volumes;
    assert.ok(first && second && third && fifth);
    await rm(second);
    await damage(first, 0, 1);
    await damage(fifth, 20 * FRAME_BYTES + 500, FRAME_BYTES);
    await rename(third, join(folder, 'zz'));
    await writeFile(join(folder, 'README.txt'), 'Carried by Ann.\n');
    assert.equal((await world.verify('volumes')).version, 7);
    const joined = await joinFiles([folder], world.path('joined'));
    assert.ok(joined.repaired > 100);
    assert.ok((await readFile(world.path('joined'))).equals(await readFile(bundle)));
  },
);

withVolumes(
  'two volumes of ten are too many: refused at once, with their numbers and how much more is needed, and whole again with one of them',
  async ({ world, folder, volumes }) => {
    const [, second, , , , , , eighth] = volumes;
    assert.ok(second && eighth);
    await rename(second, world.path('second'));
    await rm(eighth);
    const why =
      /^set [0-9a-f]{12}: [0-9]+ more blocks are needed at least.*: volume 2 \(all of its 12[0-9] blocks\); volume 8 \(all of its 12[0-9] blocks\)$/;
    await assert.rejects(world.verify('volumes'), refused('Missing', why));
    await assert.rejects(joinFiles([folder], world.path('joined')), refused('Missing', why));
    await joinFiles([folder, world.path('second')], world.path('joined'));
    assert.equal((await world.verify('joined')).version, 7);
  },
);

withVolumes(
  'too much damage within the volumes is refused by the blocks, whether it is joined or read where it lies',
  async ({ world, folder, volumes }) => {
    for (const volume of volumes)
      for (let frame = 1; frame < 110; frame += 4) await damage(volume, frame * FRAME_BYTES + 7, 1);
    await assert.rejects(
      joinFiles([folder], world.path('joined')),
      refused('Missing', /volume 1 \(blocks 1, 5, 9,/),
    );
    await assert.rejects(
      world.verify('volumes'),
      refused('Missing', /more blocks? (is|are) needed at least/),
    );
  },
);

withVolumes(
  'volumes that were cut at either end, or have something in front, count as far as they go',
  async ({ world, bundle, folder, volumes }) => {
    const [first, , third] = volumes;
    assert.ok(first && third);
    await truncate(first, 100 * FRAME_BYTES + 1_000);
    await writeFile(third, (await readFile(third)).subarray(3 * FRAME_BYTES + 77));
    const fourth = volumes[3] ?? '';
    await writeFile(fourth, Buffer.concat([Buffer.alloc(12_345, 'x'), await readFile(fourth)]));
    assert.equal((await world.verify('volumes')).version, 7);
    await joinFiles([folder], world.path('joined'));
    assert.ok((await readFile(world.path('joined'))).equals(await readFile(bundle)));
  },
);

withVolumes(
  'two copies of a volume, each damaged elsewhere, make a whole one',
  async ({ world, folder, volumes }) => {
    for (const volume of volumes) {
      await copyFile(volume, `${volume}.copy`);
      await damage(volume, 0, 50 * FRAME_BYTES);
      await damage(`${volume}.copy`, 60 * FRAME_BYTES, 50 * FRAME_BYTES);
    }
    assert.equal((await world.verify('volumes')).version, 7);
    const joined = await joinFiles([folder], world.path('joined'));
    assert.equal(joined.repaired, 0);
    assert.ok(joined.duplicates > 0);
  },
);

withVolumes(
  'a volume of another set among these is refused by its file, also one of the same bundle that was split in another way',
  async ({ world, bundle, folder, volumes }) => {
    const other = world.path('other');
    await splitIntoFolder(bundle, other, { parity_percent: 10, volume_bytes: VOLUME_BYTES });
    const [stranger] = await readdir(other);
    assert.ok(stranger);
    await copyFile(join(other, stranger), join(folder, 'zz-stranger'));
    const why =
      /zz-stranger: is of set [0-9a-f]{12}, and .*001-of-010 of set [0-9a-f]{12}: put one set’s volumes/;
    await assert.rejects(world.verify('volumes'), refused('Unexpected', why));
    await assert.rejects(joinFiles([folder], world.path('joined')), refused('Unexpected', why));
    const { sets } = await checkVolumes([folder]);
    assert.equal(sets.length, 2);
    assert.equal(volumes.length, 10);
  },
);

withVolumes(
  'who changes a bundle and gives its volumes right digests is refused by the signatures',
  async ({ world, bundle }) => {
    const bytes = await readFile(bundle);
    const at = bytes.indexOf('Read me first');
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await writeFile(world.path('changed'), bytes);
    await splitIntoFolder(world.path('changed'), world.path('forged'), { parity_percent: 10 });
    await assert.rejects(
      world.verify('forged'),
      refused('WrongDigest', /^files\/handbook\/2026\.11: blob sha256:/),
    );
  },
);

withVolumes('each volume is checked by itself, and all of them together', async ({ folder, volumes }) => {
  const [first, second, third] = volumes;
  assert.ok(first && second && third);
  await damage(third, 5 * FRAME_BYTES + 100, 1);
  const alone = await checkVolumes([third]);
  const [file] = alone.files;
  assert.equal(file?.volume?.number, 3);
  assert.equal(file.good, file.volume.blocks - 1);
  assert.equal(file.skipped_bytes, FRAME_BYTES);
  assert.ok((alone.sets[0]?.lacking.blocks ?? 0) > 0);
  await rm(second);
  await appendFile(first, 'something');
  const { files, sets } = await checkVolumes([folder]);
  assert.deepEqual(
    files.map(({ good, volume }) => good === volume?.blocks),
    [true, false, true, true, true, true, true, true, true],
  );
  assert.equal(sets[0]?.lacking.blocks, 0);
  assert.match(
    sets[0].presence.missing().join(),
    /^volume 2 \(all of its [0-9]+ blocks\),volume 3 \(blocks 5\)$/,
  );
});

withVolumes(
  'a folder with neither a bundle nor volumes is refused as before; links are not followed',
  async ({ world, folder, volumes }) => {
    await mkdir(world.path('empty'));
    await assert.rejects(
      openBundle(world.path('empty')).then((source) => source.read('oci-layout', 100, 'oci-layout')),
      refused('Missing', /oci-layout is not in the bundle/),
    );
    await assert.rejects(
      joinFiles([world.path('empty')], world.path('out')),
      refused('Missing', /there is no file with volumes/),
    );
    await mkdir(world.path('links'));
    for (const [at, volume] of volumes.entries()) await symlink(volume, world.path(`links/${at}`));
    await assert.rejects(
      joinFiles([world.path('links')], world.path('out')),
      refused('Missing', /there is no file with volumes/),
    );
    await cp(folder, world.path('links'), { recursive: true });
    await joinFiles([world.path('links')], world.path('out'));
  },
);

withVolumes('one file with parity, without volumes, is a bundle too', async ({ world, bundle }) => {
  await splitIntoFolder(bundle, world.path('one'), { parity_percent: 10 });
  const [name] = await readdir(world.path('one'));
  const path = world.path(`one/${name}`);
  await damage(path, 200 * FRAME_BYTES, 40 * FRAME_BYTES);
  await rename(path, world.path('one-file'));
  assert.equal((await world.verify('one-file')).version, 7);
});

test('bad sectors of a disk are lost blocks, and what is beside them is read', async (t) => {
  const world = await startVolumeWorld(t);
  const { frames } = await world.sent(100 * 8_192, 10);
  const bytes = Buffer.concat(frames);
  const [bad, end] = [300_000, 310_000];
  const disk = {
    async read(buffer: Buffer, offset: number, length: number, position: number) {
      if (position < end && position + length > bad)
        throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
      return { bytesRead: bytes.copy(buffer, offset, position, position + length) };
    },
  };
  const scanner = new FrameScanner('the disk');
  const found: number[] = [];
  for await (const piece of readAround(disk, bytes.length))
    for (const { position } of scanner.push(piece)) found.push(position);
  const lost = frames.map((_, position) => position).filter((position) => !found.includes(position));
  assert.deepEqual(lost, [36, 37]);
});

test('volumes of a bundle on media that fail', runCases);
