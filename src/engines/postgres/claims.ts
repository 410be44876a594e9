/**
 * Claims as advisory locks of PostgreSQL, each on a connection of its own: the lock is ours for as long as the connection lives. Because
 * a connection can break without either end hearing of it, the one who holds a claim asks a question every second and counts it lost
 * when no answer came for a while, and the next one waits for longer than that before it begins.
 */
import pg from 'pg';
import type { Claims, HeldClaim } from '#kernel/claim.ts';
import { type Clock, sleep } from '#kernel/clock.ts';
import { clientConfig, type PostgresConnection } from './database.ts';

const HEARTBEAT_MS = 1_000;
/** Without an answer for so long, a claim counts as lost. */
const LOST_AFTER_MS = 4_000;
/** Over a network, whoever gets a claim waits until the one before must have noticed. */
const TAKEOVER_MS = 6_000;
const RECONNECT_MS = 500;

// The server lets go of the lock of a machine that vanished within seconds, not hours.
const KEEPALIVE = '-c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3';

// Any constant: it only keeps claims apart from the other advisory locks of this database.
const LOCK_SPACE = 0x63_6c_61_69;

export interface ClaimsOptions {
  readonly connection: PostgresConnection;
  readonly clock: Clock;
  /** Told of connections that broke. */
  readonly onFault: (error: unknown) => void;
}

export class PostgresClaims implements Claims {
  readonly #options: ClaimsOptions;

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  hold(name: string, work: (lost: AbortSignal) => Promise<void>): HeldClaim {
    const claim = new Claim(name, work, this.#options);
    return claim;
  }
}

class Claim implements HeldClaim {
  readonly #name: string;
  readonly #work: (lost: AbortSignal) => Promise<void>;
  readonly #options: ClaimsOptions;
  readonly #given = new AbortController();
  readonly #done: Promise<void>;
  #held = false;

  constructor(name: string, work: (lost: AbortSignal) => Promise<void>, options: ClaimsOptions) {
    this.#name = name;
    this.#work = work;
    this.#options = options;
    this.#done = this.#run();
  }

  get held(): boolean {
    return this.#held;
  }

  async release(): Promise<void> {
    this.#given.abort(new Error('the claim was given up'));
    await this.#done;
  }

  async #run(): Promise<void> {
    const { clock, onFault } = this.#options;
    while (!this.#given.signal.aborted) {
      try {
        await this.#once();
      } catch (error) {
        if (!this.#given.signal.aborted) onFault(error);
      }
      // Aborts when the claim is given up meanwhile.
      await sleep(clock, RECONNECT_MS, this.#given.signal).catch(() => {});
    }
  }

  /** Connects, waits for the lock, and does the work for as long as it is ours. */
  async #once(): Promise<void> {
    const { connection, clock } = this.#options;
    const lost = new AbortController();
    const config = clientConfig(connection);
    // Waiting in line takes as long as it takes.
    const client = new pg.Client({
      ...config,
      statement_timeout: 0,
      options: `${config.options} ${KEEPALIVE}`,
    });
    const lose = (reason: Error) => lost.abort(reason);
    client.on('error', lose);
    client.on('end', () => lose(new Error('the connection that holds a claim ended')));
    const giveUp = () => lose(new Error('the claim was given up'));
    this.#given.signal.addEventListener('abort', giveUp, { once: true });
    if (this.#given.signal.aborted) giveUp();
    try {
      await client.connect();
      await until(
        client.query('SELECT pg_advisory_lock($1, hashtext($2))', [LOCK_SPACE, this.#name]),
        lost.signal,
      );
      const stopBeating = this.#beat(client, lose);
      try {
        if (!isLocal(connection)) await sleep(clock, TAKEOVER_MS, lost.signal);
        lost.signal.throwIfAborted();
        this.#held = true;
        await this.#work(lost.signal);
      } finally {
        this.#held = false;
        stopBeating();
      }
    } finally {
      this.#given.signal.removeEventListener('abort', giveUp);
      // Cuts a wait for the lock short: a polite end would wait for its answer.
      if (lost.signal.aborted) client.connection?.stream.destroy();
      else await client.end();
    }
  }

  /** Asks again and again whether the connection is still there; gives back what stops it. */
  #beat(client: pg.Client, lose: (reason: Error) => void): () => void {
    const { clock } = this.#options;
    const silent = () => lose(new Error(`no answer of the database for ${LOST_AFTER_MS / 1000} s`));
    let cancelSilent = clock.after(LOST_AFTER_MS, silent);
    let cancelNext = () => {};
    let isStopped = false;
    const ask = () => {
      // Counted from when it was asked: that is when the lock was certainly ours.
      const cancelThis = clock.after(LOST_AFTER_MS, silent);
      client.query('SELECT 1').then(
        () => {
          cancelSilent();
          cancelSilent = cancelThis;
          if (isStopped) cancelSilent();
          else cancelNext = clock.after(HEARTBEAT_MS, ask);
        },
        (error: Error) => {
          cancelThis();
          lose(error);
        },
      );
    };
    ask();
    return () => {
      isStopped = true;
      cancelSilent();
      cancelNext();
    };
  }
}

/** A Unix socket cannot be cut in two: when the server sees it close, the process at this end is gone, or sees it too. */
const isLocal = ({ host }: PostgresConnection): boolean => host.startsWith('/');

function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
