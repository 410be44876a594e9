/**
 * NOTIFY and LISTEN: hints between replicas that a log grew. Notifications are gathered for a moment and sent apart from the commits: PostgreSQL
 * commits one notifying transaction at a time in a whole database, and every commit would wait for that. A hint that gets lost is made up for by
 * the store, which compares sizes now and then.
 */
import pg from 'pg';
import type { Clock } from '#kernel/clock.ts';
import type { WakeUp } from '#kernel/store/storage.ts';
import { clientConfig, type PostgresConnection } from './database.ts';

const CHANNEL = 'casemate_changes';
const GATHER_MS = 5;
const RECONNECT_MS = 500;
const RECONNECT_MS_MAX = 10_000;

export class WakeUps {
  readonly #connection: PostgresConnection;
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #onFault: (error: unknown) => void;
  /** Sizes to tell of, by realm. */
  readonly #pending = new Map<string, number>();
  readonly #listeners = new Set<WakeUp>();
  #sending: Promise<void> | undefined;
  #client: pg.Client | undefined;
  #connecting: Promise<void> | undefined;
  #failures = 0;
  #cancelSend: () => void = () => {};
  #cancelReconnect: () => void = () => {};
  #closed = false;

  constructor(
    connection: PostgresConnection,
    pool: pg.Pool,
    clock: Clock,
    onFault: (error: unknown) => void,
  ) {
    this.#connection = connection;
    this.#pool = pool;
    this.#clock = clock;
    this.#onFault = onFault;
  }

  /** Tells everyone who listens, soon. Size 0: the realm is gone. */
  tell(realmUid: string, size: number): void {
    if (this.#closed) return;
    if (this.#pending.size === 0) {
      this.#cancelSend = this.#clock.after(GATHER_MS, () => {
        this.#sending = this.#send();
      });
    }
    this.#pending.set(realmUid, size);
  }

  async listen(wake: WakeUp): Promise<() => Promise<void>> {
    this.#listeners.add(wake);
    this.#connecting ??= this.#connect();
    await this.#connecting;
    return async () => {
      this.#listeners.delete(wake);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    this.#cancelSend();
    this.#cancelReconnect();
    await this.#sending;
    await this.#client?.end();
  }

  async #send(): Promise<void> {
    const payloads = Array.from(this.#pending, ([uid, size]) => `${uid} ${size}`);
    this.#pending.clear();
    try {
      await this.#pool.query({
        name: 'notify',
        text: `SELECT pg_notify('${CHANNEL}', payload) FROM unnest($1::text[]) AS payload`,
        values: [payloads],
      });
    } catch (error) {
      this.#onFault(error);
    }
  }

  async #connect(): Promise<void> {
    const client = new pg.Client(clientConfig(this.#connection));
    client.on('notification', ({ payload }) => this.#hear(payload ?? ''));
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('the connection that listens ended')));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.#client = client;
      this.#failures = 0;
    } catch (error) {
      this.#client = client;
      this.#lost(client, error);
    }
  }

  #hear(payload: string): void {
    const [uid = '', size = ''] = payload.split(' ');
    for (const wake of this.#listeners) wake(uid, Number(size));
  }

  #lost(client: pg.Client, error: unknown): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = undefined;
    this.#onFault(error);
    client.end().catch(() => {});
    const delay_ms = Math.min(RECONNECT_MS * 2 ** this.#failures, RECONNECT_MS_MAX);
    this.#failures += 1;
    this.#cancelReconnect = this.#clock.after(delay_ms, () => {
      this.#connecting = this.#connect();
    });
  }
}
