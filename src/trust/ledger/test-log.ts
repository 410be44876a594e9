/** For tests: a signed log in memory, whose files can be read, and tampered with, one by one. */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { LogSigner } from '#kernel/keys.ts';
import { formatCheckpointList, signCheckpoint } from '#kernel/log/checkpoint.ts';
import { type Cosigner, cosign, rawPublicKey } from '#kernel/log/cosignature.ts';
import { bodyDigest, encodeLeaf, LEAF_FORMAT, type Leaf, leafTime } from '#kernel/log/leaf.ts';
import { append, EMPTY_FRONTIER, leafHash, root, TILE_WIDTH, type TileNode } from '#kernel/log/merkle.ts';
import { encodeVkey, parseNote } from '#kernel/log/note.ts';
import { encodeEntryBundle, tilePath, tilesAtLevel } from '#kernel/log/tile.ts';
import type { TileSource } from './source.ts';

export const TEST_ORIGIN = 'lux-1.casemate.internal/orgs/ministry/changes';
const TEST_TIME_MS = Date.UTC(2026, 10, 21);
export const TEST_TIME_S = TEST_TIME_MS / 1_000;

export function testSigner(origin = TEST_ORIGIN): LogSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    origin,
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    sign: (message) => sign(null, message, privateKey),
  };
}

export function testCosigner(name: string, type: Cosigner['type'] = 4): Cosigner {
  const { privateKey } = type === 4 ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44');
  return {
    name,
    type,
    publicKey: rawPublicKey(privateKey),
    sign: async (message) => sign(null, message, privateKey),
  };
}

/** The note with these cosignatures added. */
export async function cosignedBy(note: string, cosigners: readonly Cosigner[], time_s = TEST_TIME_S) {
  const { text } = parseNote(note);
  const lines = await Promise.all(cosigners.map((cosigner) => cosign(text, cosigner, time_s)));
  return `${note}${lines.join('')}`;
}

export const vkeyOf = (signer: LogSigner) => encodeVkey(signer.origin, signer.publicKey);

/** Genesis, key, then changes: `count` leaves. */
export function testLeaves(signer: LogSigner, count: number, name = 'web'): Leaf[] {
  const leaves: Leaf[] = [];
  for (let index = 0; index < count; index++) {
    const common = { v: 1 as const, index, time: leafTime(TEST_TIME_MS + index) };
    if (index === 0) {
      leaves.push({
        ...common,
        type: 'genesis',
        origin: signer.origin,
        realm: '/orgs/ministry',
        uid: 'u',
        format: LEAF_FORMAT,
      });
    } else if (index === 1) {
      leaves.push({ ...common, type: 'key', vkey: vkeyOf(signer) });
    } else {
      leaves.push({
        ...common,
        type: 'change',
        actor: 'alice',
        credential: 'certificate:0a1b2c3d4e5f60718293a4b5c6d7e8f9',
        via: 'api',
        verb: 'create',
        resource: 'instances.compute.casemate.internal',
        namespace: 'default',
        name: `${name}-${index}`,
        uid: '6f3a4a54-6a3e-4a53-8b26-3f6a8f9c2b11',
        digest: bodyDigest(Buffer.from(`${name} ${index}`)),
        requestId: '0d9f4c0e-98a8-4a0e-8f4e-0c3d1d1f5a77',
        decision: 'allowed',
      });
    }
  }
  return leaves;
}

/** The files of a log with these entries: checkpoints signed at each of `sizes` and at the end. */
export function logFiles(
  signer: LogSigner,
  entries: readonly Buffer[],
  sizes: readonly number[] = [],
): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const hashes = entries.map(leafHash);
  const nodes: TileNode[] = [];
  const notes: string[] = [];
  let frontier = EMPTY_FRONTIER;
  for (const size of [...sizes, entries.length]) {
    const appended = append(frontier, hashes.slice(frontier.size, size));
    frontier = appended.frontier;
    nodes.push(...appended.tileNodes);
    notes.push(signCheckpoint(signer, size, root(frontier)));
  }
  for (const tile of tilesAtLevel(entries.length, 'entries')) {
    const start = tile.index * TILE_WIDTH;
    const end = start + tile.width;
    files.set(tilePath(tile), encodeEntryBundle(entries.slice(start, end)));
    files.set(tilePath({ ...tile, level: 0 }), Buffer.concat(hashes.slice(start, end)));
  }
  for (let level = 1; level <= 3; level++) {
    const ofLevel = nodes.filter((node) => node.level === level).map((node) => node.hash);
    for (const tile of tilesAtLevel(entries.length, level)) {
      const start = tile.index * TILE_WIDTH;
      files.set(tilePath(tile), Buffer.concat(ofLevel.slice(start, start + tile.width)));
    }
  }
  files.set('checkpoint', Buffer.from(notes.at(-1) ?? ''));
  files.set('checkpoints', Buffer.from(formatCheckpointList(notes)));
  files.set('key', Buffer.from(`${vkeyOf(signer)}\n`));
  return files;
}

export const memorySource = (files: ReadonlyMap<string, Buffer>): TileSource => ({
  read: async (path) => files.get(path),
});

export const encodeAll = (leaves: readonly Leaf[]) => leaves.map(encodeLeaf);
