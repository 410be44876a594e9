/**
 * Content that waits to leave, and packages that may. Content lies in pieces, each sealed under its realm's key and bound to its request, file and place: whoever has the disk
 * reads nothing of it, and a piece that was changed or moved does not open. All that exports do to the disk goes through here.
 */
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RealmKeyring } from '#kernel/keys.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { syncFolder } from '#trust/files.ts';
import type { ExportFolders } from './folders.ts';

/** A realm by its incarnation: one made anew under an old name finds nothing of the old one. */
export interface RealmPlace {
  readonly id: RealmId;
  readonly uid: string;
}

const REALM_FILE = 'realm';
const PIECE_NAME = /^(\d{1,4})\.(\d{1,5})$/;
const UID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const PACKAGE_FILE = 'package.age';
export const SIGNED_FILE = 'manifest.dsse.json';
const UNFINISHED = '.unfinished';

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';

export class ExportStore {
  readonly #folders: ExportFolders;
  readonly #keyring: Pick<RealmKeyring, 'open'>;

  constructor(folders: ExportFolders, keyring: Pick<RealmKeyring, 'open'>) {
    this.#folders = folders;
    this.#keyring = keyring;
  }

  /** Keeps a piece, in place of an earlier one. */
  async keep(
    realm: RealmPlace,
    request: string,
    file: number,
    piece: number,
    bytes: Uint8Array,
  ): Promise<void> {
    const { sealer } = await this.#keyring.open(realm.id);
    const folder = this.#held(realm, request);
    await this.#mark(this.#folders.held, realm);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${file}.${piece}`);
    const draft = `${path}${UNFINISHED}`;
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(sealer.seal(bytes, contextOf(realm, request, file, piece)));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  }

  /** A piece; undefined when it is not there, or is not what was kept. */
  async read(realm: RealmPlace, request: string, file: number, piece: number): Promise<Buffer | undefined> {
    const { sealer } = await this.#keyring.open(realm.id);
    try {
      const sealed = await readFile(join(this.#held(realm, request), `${file}.${piece}`));
      return Buffer.from(sealer.open(sealed, contextOf(realm, request, file, piece)));
    } catch {
      return undefined;
    }
  }

  /** Of each file that has some, the numbers of its pieces. */
  async pieces(realm: RealmPlace, request: string): Promise<ReadonlyMap<number, readonly number[]>> {
    const found = new Map<number, number[]>();
    for (const name of await namesIn(this.#held(realm, request))) {
      const [, file, piece] = PIECE_NAME.exec(name) ?? [];
      if (file === undefined || piece === undefined) continue;
      const pieces = found.get(Number(file)) ?? [];
      found.set(Number(file), pieces);
      pieces.push(Number(piece));
    }
    for (const pieces of found.values()) pieces.sort((a, b) => a - b);
    return found;
  }

  async discard(realm: RealmPlace, request: string): Promise<void> {
    await rm(this.#held(realm, request), { recursive: true, force: true });
  }

  /** Makes a package in one step: `write` fills an empty folder. In place of an earlier one. Gives where it lies, below the gap. */
  async publish(
    realm: RealmPlace,
    request: string,
    write: (folder: string) => Promise<void>,
  ): Promise<string> {
    const folder = this.#out(realm, request);
    const draft = `${folder}${UNFINISHED}`;
    await this.#mark(this.#folders.outbox, realm);
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { recursive: true, mode: 0o700 });
    await write(draft);
    await syncFolder(draft);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
    await syncFolder(join(folder, '..'));
    return `outbox/${realm.uid}/${request}`;
  }

  /** A file of a package. Throws ENOENT when it is gone. */
  async *packageFile(realm: RealmPlace, request: string, name: string): AsyncGenerator<Buffer> {
    yield* createReadStream(join(this.#out(realm, request), name)) as AsyncIterable<Buffer>;
  }

  async removePackage(realm: RealmPlace, request: string): Promise<void> {
    for (const end of ['', UNFINISHED]) {
      await rm(`${this.#out(realm, request)}${end}`, { recursive: true, force: true });
    }
  }

  /** Uids of the requests that have something here. */
  async list(realm: RealmPlace): Promise<readonly string[]> {
    const uids = new Set<string>();
    for (const folder of [this.#folders.held, this.#folders.outbox]) {
      for (const name of await namesIn(join(folder, realm.uid))) {
        const uid = name.replace(UNFINISHED, '');
        if (UID.test(uid)) uids.add(uid);
      }
    }
    return [...uids];
  }

  /** Realms that have something here. */
  async holders(): Promise<readonly RealmPlace[]> {
    const found = new Map<string, RealmPlace>();
    for (const folder of [this.#folders.held, this.#folders.outbox]) {
      for (const uid of (await namesIn(folder)).filter((name) => UID.test(name))) {
        const id = await readFile(join(folder, uid, REALM_FILE), 'utf8').catch(() => undefined);
        if (id !== undefined && isRealm(id)) found.set(uid, { id, uid });
      }
    }
    return [...found.values()];
  }

  /** Removes all of a realm that is gone. */
  async discardRealm(realm: RealmPlace): Promise<void> {
    for (const folder of [this.#folders.held, this.#folders.outbox])
      await rm(join(folder, realm.uid), { recursive: true, force: true });
  }

  #held(realm: RealmPlace, request: string): string {
    return join(this.#folders.held, realm.uid, request);
  }

  #out(realm: RealmPlace, request: string): string {
    return join(this.#folders.outbox, realm.uid, request);
  }

  /** Says whose folder it is, for sweeps. */
  async #mark(folder: string, realm: RealmPlace): Promise<void> {
    await mkdir(join(folder, realm.uid), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, realm.uid, REALM_FILE), realm.id, { flag: 'wx', mode: 0o600 }).catch(
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      },
    );
  }
}

const contextOf = (realm: RealmPlace, request: string, file: number, piece: number): string =>
  `export\0${realm.uid}\0${request}\0${file}\0${piece}`;

const isRealm = (id: string): id is RealmId => id === REGION || id.startsWith('/orgs/');

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
