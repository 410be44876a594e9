/**
 * Kills this process at the n-th thing that it does to the disk, and writes down all that it did before, so that whoever started it can take away what a power cut would have:
 * bytes that were not synced, and names that their folder's sync had not made last. Loaded before the program (`--import`), with JOURNAL and KILL_AT in the environment;
 * with VICTIM, it is that process which is killed, and this one goes on.
 */
import { appendFileSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname } from 'node:path';

/** What was done; `path` of a handle is the one that it was opened at. */
export type Entry =
  /** `durable`: it was on the disk when that was done (O_DSYNC). */
  | {
      readonly did: 'write';
      readonly path: string;
      readonly from: number;
      readonly to: number;
      readonly durable?: boolean;
    }
  | { readonly did: 'sync'; readonly path: string }
  /** `before`: what stood at that name, kept for whoever takes the new one away. */
  | {
      readonly did: 'link' | 'rename';
      readonly from: string;
      readonly path: string;
      readonly before?: string;
    }
  /** A file or a folder that was not there. */
  | { readonly did: 'create'; readonly path: string }
  | { readonly did: 'make' | 'read'; readonly path: string }
  /** It came to its end, and could have been killed at so many points. */
  | { readonly did: 'end'; readonly points: number };

const { JOURNAL = '', KILL_AT = '0', VICTIM = `${process.pid}` } = process.env;
const at = Number(KILL_AT);
let count = 0;

process.on('exit', () => keep({ did: 'end', points: count }));

const keep = (entry: Entry) => appendFileSync(JOURNAL, `${JSON.stringify(entry)}\n`);

/** Dies before, or lets it be done and dies after: each is a point of its own. Also for what is no matter of the disk. */
export const point = (): void => {
  count += 1;
  if (count === at) process.kill(Number(VICTIM), 'SIGKILL');
};

async function around<T>(work: () => Promise<T>, entry: () => Entry): Promise<T> {
  point();
  const done = await work();
  keep(entry());
  point();
  return done;
}

const { open, link, rename, rm, mkdir, lstat } = fs;
Object.assign(fs, {
  link: (from: string, path: string) =>
    around(
      () => link(from, path),
      () => ({ did: 'link', from, path }),
    ),
  async rename(from: string, path: string) {
    const before = `${JOURNAL}.${process.pid}.${count}`;
    const stood = await link(path, before).then(
      () => true,
      () => false,
    );
    await around(
      () => rename(from, path),
      () => ({ did: 'rename', from, path, ...(stood ? { before } : {}) }),
    );
  },
  rm: (path: string, options: object) =>
    around(
      () => rm(path, options),
      () => ({ did: 'make', path }),
    ),
  async mkdir(path: string, options: object) {
    point();
    // The first of those that it made.
    const made = (await mkdir(path, options)) as string | undefined;
    const created: string[] = [];
    for (let each = path; made !== undefined && each.length >= made.length; each = dirname(each))
      created.unshift(each);
    for (const each of created) keep({ did: 'create', path: each });
    keep({ did: 'make', path });
    point();
  },
  open: async (path: string, ...more: readonly [flags?: string | number, mode?: number]) => {
    point();
    const stood = mayCreate(more[0]) ? await exists(path) : true;
    const file = await open(path, ...more);
    if (!stood) keep({ did: 'create', path });
    const durable = typeof more[0] === 'number' && (more[0] & fs.constants.O_DSYNC) === fs.constants.O_DSYNC;
    return journaled(file, path, { start: more[0] === 'a' ? (await file.stat()).size : 0, durable });
  },
});
syncBuiltinESMExports();

const mayCreate = (flags: string | number | undefined): boolean =>
  typeof flags === 'number' ? (flags & fs.constants.O_CREAT) !== 0 : /^[wa]/.test(flags ?? 'r');

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

type Write = (
  this: FileHandle,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesWritten: number }>;

interface Opened {
  /** Where what is written whole begins. */
  readonly start: number;
  /** Nothing of it waits for a sync. */
  readonly durable: boolean;
}

function journaled(file: FileHandle, path: string, { start, durable }: Opened): FileHandle {
  const { writeFile, sync, datasync, read } = file;
  const write: Write = file.write;
  return Object.assign(file, {
    async write(bytes: Uint8Array, offset: number, length: number, position: number) {
      count += 1;
      // A part of it only is what the kill leaves.
      if (count === at) {
        await write.call(file, bytes, offset, Math.floor(length / 2), position);
        process.kill(process.pid, 'SIGKILL');
      }
      const done = await write.call(file, bytes, offset, length, position);
      keep({ did: 'write', path, from: position, to: position + done.bytesWritten, durable });
      return done;
    },
    writeFile: (text: string) =>
      around(
        () => writeFile.call(file, text),
        () => ({ did: 'write', path, from: start, to: start + Buffer.byteLength(text), durable }),
      ),
    sync: () =>
      around(
        () => sync.call(file),
        () => ({ did: 'sync', path }),
      ),
    datasync: () =>
      around(
        () => datasync.call(file),
        () => ({ did: 'sync', path }),
      ),
    async read(...args: Parameters<typeof read>) {
      const done = await read.apply(file, args);
      keep({ did: 'read', path });
      return done;
    },
  });
}
