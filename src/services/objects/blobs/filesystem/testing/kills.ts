/** Kills a process that stores and deletes blobs (`put-and-delete.ts`) again and again, at another moment each time, and looks at what it left. Tests only. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '#kernel/clock.ts';
import { type BlobBackend, MissingBlobError } from '../../backend.ts';
import { read } from '../../testing/backend-conformance.ts';
import { filesystemBackend } from '../backend.ts';

const CHILD = fileURLToPath(new URL('put-and-delete.ts', import.meta.url));
const BLOCK_BYTES = 512;
const KEPT_MAX = 40;
/** For folders, and for heads and feet of what is there. */
const ROOM_BESIDE_BYTES = 65_536;

interface Known {
  readonly size: number;
  readonly digest: string;
  /** Of its deletion: `asked` may be done or not. */
  deletion?: 'asked' | 'done';
}

/** Each kill comes after so many lines of the child's; the folder is the same throughout. */
export async function killAt(points: readonly number[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'casemate-kills-'));
  const all = new Map<string, Known>();
  try {
    for (const [seed, lines] of points.entries()) {
      hear(await killedAfter(lines, folder, seed), all);
      const backend = await filesystemBackend({ folder, clock: systemClock });
      try {
        await look(backend, folder, all);
      } finally {
        await backend.close();
      }
    }
    await emptyOut(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What it said until then. */
async function killedAfter(lines: number, folder: string, seed: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--no-warnings', CHILD, folder, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  let count = 0;
  child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    count += chunk.split('\n').length - 1;
    if (count >= lines) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL', 'it works until it is killed');
  return text.split('\n').slice(0, -1);
}

function hear(lines: readonly string[], all: Map<string, Known>): void {
  for (const line of lines) {
    const [what, id = '', size, digest = ''] = line.split(' ');
    const known = all.get(id);
    if (what === '+') all.set(id, { size: Number(size), digest });
    else if (known !== undefined) known.deletion = what === '~' ? 'asked' : 'done';
  }
}

async function look(backend: BlobBackend, folder: string, all: Map<string, Known>): Promise<void> {
  for (const [id, known] of all) {
    if (known.deletion === 'done') {
      await assert.rejects(read(backend, id), MissingBlobError, `${id} was deleted`);
      all.delete(id);
      continue;
    }
    try {
      const bytes = await read(backend, id);
      assert.equal(bytes.length, known.size);
      assert.equal(createHash('sha256').update(bytes).digest('hex'), known.digest, `${id} is whole`);
    } catch (error) {
      if (known.deletion !== 'asked' || !(error instanceof MissingBlobError)) throw error;
      all.delete(id);
    }
  }
  assert.deepEqual(await readdir(join(folder, 'incoming')), [], 'nothing half done is left');
  assert.ok((await readdir(join(folder, 'packs'))).every((name) => name.endsWith('.pack')));
  // What nobody was told of may be there, whole: the sweep finds it by this list. Nothing else is.
  const orphans: string[] = [];
  for await (const { id, fault } of backend.scrub()) {
    assert.equal(fault, undefined, id);
    if (!all.has(id)) orphans.push(id);
  }
  await backend.delete(orphans);
  // So that a look takes no longer each time.
  const old = [...all.keys()].slice(0, -KEPT_MAX);
  await backend.delete(old);
  for (const id of old) all.set(id, { size: 0, digest: '', deletion: 'done' });
}

/** Nothing is lost for good: what remains once all is deleted is no more than empty folders. */
async function emptyOut(folder: string): Promise<void> {
  const backend = await filesystemBackend({ folder, clock: systemClock });
  const ids: string[] = [];
  for await (const { id } of backend.list()) ids.push(id);
  await backend.delete(ids);
  // Counts what earlier processes deleted of packs that no later deletion met.
  for await (const { id } of backend.scrub()) assert.fail(`${id} is left`);
  await backend.close();
  let used = 0;
  for (const name of ['incoming', 'files', 'packs']) {
    for (const entry of await readdir(join(folder, name), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) used += (await stat(join(entry.parentPath, entry.name))).blocks * BLOCK_BYTES;
    }
  }
  assert.ok(used <= ROOM_BESIDE_BYTES, `${used} bytes are still taken`);
}
