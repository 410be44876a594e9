/**
 * Takes from the disk what a power cut may: what was written and not synced becomes zeros or is cut off; names that no sync of their folder has made last are taken back, and
 * if asked also whole files and folders that nothing has made last.
 */
import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Entry } from './journal.ts';

type Name = Extract<Entry, { readonly did: 'link' | 'rename' | 'create' }>;

/** `next(end)`: a number from 0 up to below `end`. */
export function cutPower(
  journal: readonly Entry[],
  next: (end: number) => number,
  { created = false }: { readonly created?: boolean } = {},
): void {
  const names: Name[] = [];
  const bytes = new Map<string, { from: number; to: number }[]>();
  for (const entry of journal) {
    if (entry.did === 'sync') {
      bytes.delete(entry.path);
      // Of a folder: its names last.
      for (let at = names.length - 1; at >= 0; at--) {
        const name = names[at];
        if (name !== undefined && dirname(name.path) === entry.path) names.splice(at, 1);
      }
    } else if (entry.did === 'write') {
      if (entry.durable) continue;
      bytes.set(entry.path, [...(bytes.get(entry.path) ?? []), entry]);
    } else if (entry.did === 'create') {
      if (created) names.push(entry);
    } else if (entry.did === 'link' || entry.did === 'rename') {
      names.push(entry);
      const written = bytes.get(entry.from);
      if (entry.did === 'rename' && written !== undefined) {
        bytes.delete(entry.from);
        bytes.set(entry.path, written);
      }
    }
  }
  for (const [path, written] of bytes) if (existsSync(path)) loseBytes(path, written, next);
  // A journaling file system loses the last of them, never one in the middle.
  const kept = next(names.length + 1);
  for (const name of names.slice(kept).toReversed()) loseName(name);
}

function loseBytes(
  path: string,
  written: readonly { from: number; to: number }[],
  next: (end: number) => number,
) {
  for (const { from, to } of written) {
    const { size } = statSync(path);
    const how = next(3);
    if (how === 0 || from >= size) continue;
    const lost = from + next(to - from + 1);
    if (how === 1) truncateSync(path, lost);
    else if (lost < Math.min(to, size)) {
      const file = openSync(path, 'r+');
      try {
        writeSync(file, Buffer.alloc(Math.min(to, size) - lost), 0, undefined, lost);
      } finally {
        closeSync(file);
      }
    }
  }
}

function loseName(name: Name): void {
  const { path } = name;
  if (!existsSync(path)) return;
  if (name.did !== 'rename') rmSync(path, { recursive: true });
  else {
    renameSync(path, name.from);
    if (name.before !== undefined) linkSync(name.before, path);
  }
}
