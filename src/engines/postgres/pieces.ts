/** Pieces in PostgreSQL: one row each, one statement an operation. What comes here is sealed already. */
import type pg from 'pg';
import { assertPiece, PIECE_LIMITS, type Pieces, type PiecesHeld } from '#kernel/pieces.ts';

const ADD =
  'INSERT INTO pieces (realm, whole, sequence, payload) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING';

const GET = 'SELECT payload FROM pieces WHERE realm = $1 AND whole = $2 AND sequence = $3';

/** Lengths are known without reading what is measured. */
const HELD =
  'SELECT count(*) AS pieces, coalesce(sum(octet_length(payload)), 0)::bigint AS bytes FROM pieces WHERE realm = $1';

/** $3 how many. */
const REMOVE = `
DELETE FROM pieces WHERE realm = $1 AND whole = $2 AND sequence IN (
  SELECT sequence FROM pieces WHERE realm = $1 AND whole = $2 ORDER BY sequence LIMIT $3
)`;

export class PostgresPieces implements Pieces {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async add(realmUid: string, whole: string, sequence: number, payload: Uint8Array): Promise<boolean> {
    assertPiece(sequence, payload);
    const values = [realmUid, whole, sequence, Buffer.from(payload)];
    const { rowCount } = await this.#pool.query({ name: 'add-piece', text: ADD, values });
    return rowCount === 1;
  }

  async get(realmUid: string, whole: string, sequence: number): Promise<Uint8Array | undefined> {
    assertPiece(sequence);
    const values = [realmUid, whole, sequence];
    const { rows } = await this.#pool.query<{ payload: Buffer }>({ name: 'get-piece', text: GET, values });
    return rows[0]?.payload;
  }

  async held(realmUid: string): Promise<PiecesHeld> {
    const { rows } = await this.#pool.query<PiecesHeld>(HELD, [realmUid]);
    return { pieces: rows[0]?.pieces ?? 0, bytes: rows[0]?.bytes ?? 0 };
  }

  async remove(realmUid: string, whole: string): Promise<number> {
    const values = [realmUid, whole, PIECE_LIMITS.remove_max];
    const { rowCount } = await this.#pool.query({ name: 'remove-pieces', text: REMOVE, values });
    return rowCount ?? 0;
  }
}
