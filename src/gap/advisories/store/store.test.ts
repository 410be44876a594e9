import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import type { PackageKey } from '../model.ts';
import { copyOf, OSV_SAMPLE, TRACKER_SAMPLE, VEX_SAMPLE } from '../testing/samples.ts';
import { type BuildInput, type BuildOptions, buildStore } from './build.ts';
import { ensureAdvisoryFolder, FolderSource, publish } from './folder.ts';
import { BLOCK_BYTES_MAX, INDEX_BYTES_MAX, MAGIC, pack, TRAILER_BYTES } from './format.ts';
import { AdvisoryStore } from './store.ts';

let folder: string;
let count = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'advisories-'));
});
after(() => rm(folder, { recursive: true }));

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += 1_000) yield Buffer.from(text.slice(at, at + 1_000));
}

const input = (kind: BuildInput['kind'], value: unknown, name = `${kind}.json`): BuildInput => ({
  kind,
  name,
  chunks: bytesOf(JSON.stringify(value)),
});
const samples = () => [
  input('debian-tracker', TRACKER_SAMPLE),
  input('osv', OSV_SAMPLE),
  input('openvex', VEX_SAMPLE),
];
const build = (options: Omit<BuildOptions, 'path'>) =>
  buildStore({ path: join(folder, `${count++}`), ...options });

/** Many packages with long entries, so that there are many blocks. */
function manyPackages(packages: number): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (let number = 0; number < packages; number++) {
    const releases = { bookworm: { status: 'resolved', fixed_version: `1.${number}-1`, urgency: 'low' } };
    all[`pkg-${number}`] = {
      'CVE-0000-1000': { description: `made up ${'x'.repeat(number % 200)}`, releases },
      'CVE-0000-1001': { releases },
    };
  }
  return all;
}

describe('the advisory file', () => {
  it('answers with what each format said of a package', async () => {
    const built = await build({ inputs: samples() });
    assert.equal(built.index.asOf, '2026-10-03T08:00:00Z');
    assert.deepEqual([built.index.packages, built.index.advisories, built.index.statements], [4, 9, 2]);
    const store = await AdvisoryStore.open(built.path);
    const facts = await store.facts('debian/kettle-ssl');
    assert.deepEqual(facts?.advisories.map(({ id }) => id).sort(), [
      'CVE-0000-0001',
      'CVE-0000-0002',
      'CVE-0000-0003',
      'CVE-0000-0004',
      'TEST-0000-deb-1',
    ]);
    assert.deepEqual(
      facts?.statements.map(({ status }) => status),
      ['not_affected'],
    );
    assert.equal((await store.facts('npm/left-kettle'))?.advisories.length, 1);
    for (const key of ['debian/a', 'npm/zzz', 'debian/kettle'] as const)
      assert.equal(await store.facts(key), undefined);
    await store.close();
  });

  it('has the same bytes for the same facts, however they are ordered and however little memory there is', async () => {
    const many = manyPackages(3_000);
    const reversed = Object.fromEntries(Object.entries(many).reverse());
    const asOf = '2026-10-03T08:00:00Z';
    const one = await build({ inputs: [input('debian-tracker', many)], asOf });
    const other = await build({ inputs: [input('debian-tracker', many)], asOf, run_max: 20_000 });
    assert.equal(one.sha256, other.sha256);
    assert.deepEqual(await readFile(one.path), await readFile(other.path));
    const mixed = await build({ inputs: [input('debian-tracker', reversed)], asOf, run_max: 50_000 });
    assert.deepEqual(mixed.index.blocks, one.index.blocks);
    const three = await build({ inputs: samples() });
    assert.equal((await build({ inputs: samples().reverse() })).sha256, three.sha256);
  });

  it('finds every package among many blocks', async () => {
    const built = await build({
      inputs: [input('debian-tracker', manyPackages(3_000))],
      asOf: '2026-10-03T08:00:00Z',
    });
    assert.ok(built.index.blocks.length > 10, `${built.index.blocks.length} blocks`);
    const store = await AdvisoryStore.open(built.path);
    for (let number = 0; number < 3_000; number += 7) {
      const key: PackageKey = `debian/pkg-${number}`;
      const facts = await store.facts(key);
      assert.equal(facts?.key, key);
      assert.equal(facts?.advisories[0]?.releases?.bookworm?.fixed, `1.${number}-1`);
    }
    await store.close();
  });

  it('is not made when an entry is wrong, or leaves it out and says so when that is asked for', async () => {
    const wrong = copyOf(TRACKER_SAMPLE);
    Object.assign((wrong['kettle-ssl'] as Record<string, object>)['CVE-0000-0001'] as object, {
      releases: 1,
    });
    const inputs = () => [input('debian-tracker', wrong)];
    const asOf = '2026-10-03T08:00:00Z';
    const message = 'debian-tracker: kettle-ssl CVE-0000-0001: releases is 1; it must be an object';
    const before = await readdir(folder);
    await assert.rejects(build({ inputs: inputs(), asOf }), { message });
    assert.deepEqual(await readdir(folder), before, 'nothing is left');
    const { index } = await build({ inputs: inputs(), asOf, skip_max: 1 });
    assert.deepEqual(
      index.sources.map(({ entries, skipped }) => [entries, skipped]),
      [[6, [message]]],
    );
  });

  it('needs to know when its data was current', async () => {
    await assert.rejects(build({ inputs: [input('debian-tracker', TRACKER_SAMPLE)] }), {
      code: 'Missing',
      message: /as Debian’s tracker never does: say it/,
    });
    await assert.rejects(build({ inputs: samples(), asOf: 'today' }), /"today" is no time/);
  });

  it('that is damaged anywhere is refused, or says what it said before', async () => {
    const built = await build({ inputs: samples() });
    const bytes = await readFile(built.path);
    const path = join(folder, 'damaged');
    const answers = async () => {
      await using store = await AdvisoryStore.open(path);
      const keys = ['debian/kettle-ssl', 'debian/teapotd', 'npm/left-kettle'] as const;
      return JSON.stringify(await Promise.all(keys.map((key) => store.facts(key))));
    };
    await writeFile(path, bytes);
    const sound = await answers();
    let refused = 0;
    for (let at = 0; at < bytes.length; at += 7) {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 0x40;
      await writeFile(path, copy);
      try {
        assert.equal(await answers(), sound, `byte ${at}`);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'Damaged', `byte ${at}: ${error}`);
        refused++;
      }
    }
    assert.ok(refused > 100, `${refused} refused`);
    await writeFile(path, bytes.subarray(0, -1));
    await assert.rejects(AdvisoryStore.open(path), { code: 'Damaged' });
  });
});

describe('an advisory file that somebody made up', () => {
  const KEY = 'npm/x';
  const written = async (block: Buffer, index: Buffer): Promise<string> => {
    const trailer = Buffer.alloc(TRAILER_BYTES);
    trailer.writeBigUInt64BE(BigInt(MAGIC.length + block.length), 0);
    trailer.writeBigUInt64BE(BigInt(index.length), 8);
    MAGIC.copy(trailer, 16);
    const path = join(folder, `made-up-${count++}`);
    await writeFile(path, Buffer.concat([MAGIC, block, index, trailer]));
    return path;
  };
  const bomb = (bytes: number) => zstdCompressSync(Buffer.alloc(bytes));

  it('is refused when its index unpacks to more than an index may have', async () => {
    const path = await written(Buffer.alloc(0), bomb(INDEX_BYTES_MAX + 1));
    await assert.rejects(AdvisoryStore.open(path), {
      code: 'Damaged',
      message: /its index cannot be unpacked/,
    });
  });

  it('answers nothing out of a block that unpacks to more than a block may have', async () => {
    const block = bomb(BLOCK_BYTES_MAX + 1);
    const index = { asOf: '2026-01-01T00:00:00Z', sources: [], packages: 1, advisories: 1, statements: 0 };
    const blocks = [[KEY, MAGIC.length, block.length]];
    await using store = await AdvisoryStore.open(
      await written(block, pack(JSON.stringify({ ...index, blocks }))),
    );
    await assert.rejects(store.facts(KEY), {
      code: 'Damaged',
      message: /the block of npm\/x cannot be unpacked/,
    });
  });
});

describe('the folder of the newest data', () => {
  it('gives what was published last, and nothing that was changed since', async () => {
    const place = join(folder, 'data');
    await ensureAdvisoryFolder(place);
    const source = new FolderSource(place);
    assert.equal(await source.newest(), undefined);
    const first = await buildStore({ path: join(place, 'new'), inputs: samples() });
    const data = await publish(place, first, '2026-10-04T00:00:00Z');
    assert.deepEqual(await source.newest(), data);
    const known = (lookup: { facts(key: PackageKey): Promise<unknown> }) => lookup.facts('debian/teapotd');
    assert.ok(await source.use(data.digest, known));
    const second = await buildStore({ path: join(place, 'new'), inputs: [input('osv', OSV_SAMPLE)] });
    const newer = await publish(place, second, '2999-10-05T00:00:00Z');
    assert.equal(await source.use(data.digest, known), undefined, 'no longer the newest');
    assert.deepEqual((await readdir(place)).sort(), [`${newer.digest}.advisories`, 'newest.json'].sort());
    assert.ok((await source.use(newer.digest, known)) === undefined, 'it says nothing of that package');
    const changed = new FolderSource(place);
    await writeFile(join(place, `${newer.digest}.advisories`), 'else');
    await assert.rejects(changed.use(newer.digest, known), /its digest is not what newest.json says/);
    await rm(join(place, `${newer.digest}.advisories`));
    await assert.rejects(changed.use(newer.digest, known), /its file is gone/);
  });

  it('keeps what was replaced a moment ago, for whoever still reads it', async () => {
    const place = join(folder, 'busy');
    await ensureAdvisoryFolder(place);
    const now = new Date().toISOString();
    const first = await publish(
      place,
      await buildStore({ path: join(place, 'new'), inputs: samples() }),
      now,
    );
    const inputs = [input('osv', OSV_SAMPLE)];
    await publish(place, await buildStore({ path: join(place, 'new'), inputs }), now);
    assert.ok((await readdir(place)).includes(`${first.digest}.advisories`));
  });
});
