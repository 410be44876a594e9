/** How versions lie in PostgreSQL, and come back. Pure. */
import type { BlobId } from '../../blobs/backend.ts';
import type { Checksums, ChecksumType, Lock, LockMode, ObjectPart, ObjectVersion, Piece } from '../store.ts';

export const NULL_VERSION = 'null';
const ID_DIGITS = 16;
const VERSION_ID = /^[0-9a-f]{16}$/;

/** Ranks count down from -1. */
export const idOfRank = (rank: number): string => (-rank).toString(16).padStart(ID_DIGITS, '0');

/** Undefined: no version has such an id. */
export function rankOfId(id: string): number | undefined {
  const count = VERSION_ID.test(id) ? Number.parseInt(id, 16) : 0;
  return count > 0 && Number.isSafeInteger(count) ? -count : undefined;
}

type PieceRow = readonly [blob: BlobId, size: number, wrappedKey: string];

export const pieceRows = (pieces: readonly Piece[]): readonly PieceRow[] =>
  pieces.map(({ blob, size, wrappedKey }) => [blob, size, Buffer.from(wrappedKey).toString('base64')]);

export const piecesOf = (rows: readonly PieceRow[]): readonly Piece[] =>
  rows.map(([blob, size, wrappedKey]) => ({ blob, size, wrappedKey: Buffer.from(wrappedKey, 'base64') }));

export interface ListedRow {
  readonly key: string;
  readonly rank: number;
  readonly is_null: boolean;
  readonly is_marker: boolean;
  readonly modified_ms: number;
  readonly size: number;
  readonly etag: string;
  readonly checksums: Checksums;
  readonly checksum_type: ChecksumType | null;
}

export interface VersionRow extends ListedRow {
  readonly sealed: Buffer;
  readonly tag_count: number;
  readonly lock_mode: LockMode | null;
  readonly retain_until_ms: number | null;
  readonly legal_hold: boolean;
  readonly pieces: readonly PieceRow[];
  readonly parts: readonly ObjectPart[] | null;
}

export const LISTED_COLUMNS =
  'key, rank, is_null, is_marker, modified_ms, size, etag, checksums, checksum_type';
export const VERSION_COLUMNS = `${LISTED_COLUMNS}, sealed, tag_count, lock_mode, retain_until_ms, legal_hold, pieces, parts`;

export function listedVersion(row: ListedRow) {
  return {
    key: row.key,
    versionId: row.is_null ? NULL_VERSION : idOfRank(row.rank),
    isMarker: row.is_marker,
    modified_ms: row.modified_ms,
    size: row.size,
    etag: row.etag,
    checksums: row.checksums,
    ...(row.checksum_type === null ? {} : { checksumType: row.checksum_type }),
  };
}

export function lockOf(row: Pick<VersionRow, 'lock_mode' | 'retain_until_ms' | 'legal_hold'>): Lock {
  return {
    ...(row.lock_mode === null ? {} : { mode: row.lock_mode }),
    ...(row.retain_until_ms === null ? {} : { retainUntil_ms: row.retain_until_ms }),
    ...(row.legal_hold ? { legalHold: true } : {}),
  };
}

export const objectVersion = (row: VersionRow): ObjectVersion => ({
  ...listedVersion(row),
  sealed: row.sealed,
  tagCount: row.tag_count,
  lock: lockOf(row),
  pieces: piecesOf(row.pieces),
  ...(row.parts === null ? {} : { parts: row.parts }),
});
