/**
 * Loaded into a supervisor: kills it at the n-th thing that it does to `current.json`, before or after, and writes down what it did, as `#gap/import/testing/journal.ts` does.
 * KILL_FILE names a file that holds n and where to write; without that file it does nothing.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';
import type { Entry } from '#gap/import/testing/journal.ts';

const { KILL_FILE = '' } = process.env;
const { appendFileSync, existsSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, writeSync } = fs;
const CURRENT = 'current.json';

const paths = new Map<number, string>();
/** Its folder, once its name was changed in it. */
let folder: string | undefined;
let count = 0;

const told = (): { readonly at: number; readonly journal: string } | undefined =>
  existsSync(KILL_FILE)
    ? (JSON.parse(readFileSync(KILL_FILE, 'utf8')) as { at: number; journal: string })
    : undefined;

function around<T>(isIt: boolean, work: () => T, entry?: () => Entry): T {
  const now = isIt ? told() : undefined;
  if (now === undefined) return work();
  const point = () => {
    count += 1;
    if (count === now.at) process.kill(process.pid, 'SIGKILL');
  };
  point();
  const done = work();
  if (entry !== undefined) appendFileSync(now.journal, `${JSON.stringify(entry())}\n`);
  point();
  return done;
}

const isOurs = (path: unknown): path is string =>
  typeof path === 'string' && (basename(path).startsWith(CURRENT) || path === folder);

Object.assign(fs, {
  openSync: (...args: Parameters<typeof openSync>) =>
    around(isOurs(args[0]), () => {
      const file = openSync(...args);
      if (isOurs(args[0])) paths.set(file, args[0]);
      else paths.delete(file);
      return file;
    }),
  writeSync: (file: number, text: string, ...more: number[]) => {
    const path = paths.get(file);
    return around(
      path !== undefined,
      () => writeSync(file, text, ...(more as [])),
      () => ({ did: 'write', path: path ?? '', from: 0, to: Buffer.byteLength(text) }),
    );
  },
  fsyncSync: (file: number) => {
    const path = paths.get(file);
    around(
      path !== undefined,
      () => fsyncSync(file),
      () => ({ did: 'sync', path: path ?? '' }),
    );
  },
  renameSync: (from: string, path: string) => {
    const isIt = isOurs(path);
    const before = `${KILL_FILE}.${process.pid}.${count}.before`;
    const stood = isIt && existsSync(path);
    if (stood) linkSync(path, before);
    if (isIt) folder = dirname(path);
    around(
      isIt,
      () => renameSync(from, path),
      () => ({ did: 'rename', from, path, ...(stood ? { before } : {}) }),
    );
  },
});
syncBuiltinESMExports();
