/**
 * Notices an archive that hangs: its receiver is there, and nothing more of PostgreSQL's log gets to the disk, because the disk, a network under it or the receiver itself stands still. PostgreSQL would wait
 * for it for ever, not only with changes: its checkpoint waits for the slot as well. What comes of it is always less than before: the slot is let go of, and nothing is ever told to be archived.
 */
import pg from 'pg';
import { type Clock, sleep } from '#kernel/clock.ts';
import { ARCHIVE_NAME } from './archive-settings.ts';

/** Of connecting and asking. It may have no connection to give for a moment. */
const ASK_LIMIT_MS = 5_000;

/** Positions in PostgreSQL's log, in bytes. */
export interface Seen {
  /** What PostgreSQL has on its disk. */
  readonly written: bigint;
  /** What the archive has on its own. Undefined: it has told nothing yet, or receives nothing. */
  readonly archived: bigint | undefined;
}

/** Since when nothing has moved although there is something to archive. */
export class Progress {
  #archived: bigint | undefined;
  #since_ms: number | undefined;

  /** Gives for how many milliseconds it has stood still, up to `now_ms`. */
  note({ written, archived }: Seen, now_ms: number): number {
    const hasMoved = archived !== this.#archived;
    this.#archived = archived;
    if (archived !== undefined && archived >= written) {
      this.#since_ms = undefined;
      return 0;
    }
    if (hasMoved || this.#since_ms === undefined) this.#since_ms = now_ms;
    return now_ms - this.#since_ms;
  }
}

/** A connection for one question: one that stays would hold memory of the server's for a question every few seconds. */
async function ask<Row extends pg.QueryResultRow>(
  { host, user }: { readonly host: string; readonly user: string },
  text: string,
): Promise<Row | undefined> {
  const client = new pg.Client({
    host,
    user,
    database: 'postgres',
    application_name: 'casemate archive',
    connectionTimeoutMillis: ASK_LIMIT_MS,
    query_timeout: ASK_LIMIT_MS,
  });
  // One that breaks is told by the question.
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<Row>(text, [ARCHIVE_NAME])).rows[0];
  } finally {
    await client.end().catch(() => {});
  }
}

export interface WatchOptions {
  /** PostgreSQL's socket folder, and a role that may end others' connections. */
  readonly host: string;
  readonly user: string;
  readonly clock: Clock;
  readonly every_ms: number;
  /** How long it may stand still. */
  readonly limit_ms: number;
  /** The watch is over: the receiver has ended. */
  readonly signal: AbortSignal;
}

/** Resolves to true once the archive hangs, to false when the watch is over. A server that does not answer is none of its business: the receiver ends with that. */
export async function hangs(options: WatchOptions): Promise<boolean> {
  const { clock, every_ms, limit_ms, signal } = options;
  const progress = new Progress();
  while (await waited(clock, every_ms, signal)) {
    const seen = await look(options).catch(() => undefined);
    if (seen !== undefined && progress.note(seen, clock.now()) >= limit_ms) return !signal.aborted;
  }
  return false;
}

/** Ends what PostgreSQL holds for the receiver, again and again until the receiver is gone: one that sits in the kernel cannot be ended, and what writes to it needs to be told twice. */
export async function letGo(options: WatchOptions): Promise<void> {
  const { clock, every_ms, signal } = options;
  do {
    await ask(
      options,
      'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL',
    ).catch(() => undefined);
  } while (await waited(clock, every_ms, signal));
}

async function look(options: WatchOptions): Promise<Seen | undefined> {
  const row = await ask<{ written: string; archived: string | null }>(
    options,
    `SELECT (pg_current_wal_flush_lsn() - '0/0')::text AS written,
       (SELECT max(flush_lsn - '0/0')::text FROM pg_stat_replication WHERE application_name = $1) AS archived`,
  );
  return (
    row && {
      written: BigInt(row.written),
      archived: row.archived === null ? undefined : BigInt(row.archived),
    }
  );
}

/** False when the watch is over. */
const waited = (clock: Clock, delay_ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(clock, delay_ms, signal).then(
    () => true,
    () => false,
  );
