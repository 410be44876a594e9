/** The content of a file of a request, whole and as it was asked for, or not at all. */
import { createHash } from 'node:crypto';
import { PIECE_BYTES } from './limits.ts';
import type { ExportFile } from './request-kind.ts';
import type { ExportStore, RealmPlace } from './store.ts';

/** What lies there is not what the request says. */
export class ContentError extends Error {
  readonly file: string;

  constructor(file: string, message: string) {
    super(message);
    this.file = file;
  }
}

export const piecesOf = (size: number): number => Math.ceil(size / PIECE_BYTES);
export const pieceBytes = (size: number, piece: number): number =>
  Math.max(0, Math.min(PIECE_BYTES, size - piece * PIECE_BYTES));

export interface ContentOptions {
  readonly store: Pick<ExportStore, 'read'>;
  readonly realm: RealmPlace;
  /** Uid of the request. */
  readonly request: string;
}

/** The bytes of file `index`. Throws ContentError, at the end at the latest: so nothing that was given out before the end counts yet. */
export async function* contentOf(
  { store, realm, request }: ContentOptions,
  index: number,
  { path, size, sha256 }: ExportFile,
): AsyncGenerator<Buffer> {
  const digest = createHash('sha256');
  for (let piece = 0; piece < piecesOf(size); piece++) {
    const bytes = await store.read(realm, request, index, piece);
    if (bytes?.length !== pieceBytes(size, piece)) {
      throw new ContentError(path, `its piece ${piece} is not there: bring the content again`);
    }
    digest.update(bytes);
    yield bytes;
  }
  if (digest.digest('hex') !== sha256)
    throw new ContentError(path, `its SHA-256 is not ${sha256}, which the request says`);
}
