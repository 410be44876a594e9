/**
 * How often a password may be tried. Every attempt counts before it is looked at, so that many at once gain nothing. After a few free ones
 * each further attempt has to wait, twice as long each time, but never longer than a quarter of an hour, and an hour without attempts
 * forgets them all. Attempts that come too early are refused unread and count for nothing.
 *
 * Nobody is locked out for ever, nor by a stranger: passkeys are not counted, since they cannot be guessed; and a browser that signed in as
 * somebody before has a count of its own with them, which no attempt from elsewhere touches (OWASP's "device cookies").
 */
import { createHash } from 'node:crypto';
import type { Clock } from '#kernel/clock.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { SealedRecords } from '../../sealed-records.ts';

const COLLECTION = 'sign-in-attempts';

/** Attempts without waiting. More for an address, where a whole office may sit behind one. */
export const FREE_ATTEMPTS = { user: 5, device: 5, address: 20 } as const;
export const FIRST_WAIT_MS = 15_000;
export const WAIT_MAX_MS = 15 * 60_000;
export const FORGOTTEN_AFTER_MS = 60 * 60_000;
/** Others may count at the same time; after so many rounds the attempt is refused as too early. */
const ROUNDS_MAX = 16;

export type CounterType = keyof typeof FREE_ATTEMPTS;

export interface CounterName {
  readonly type: CounterType;
  /** Of any length: only its digest is kept. */
  readonly of: string;
}

/** Attempts so far, and until when no other one counts. */
export interface Counter {
  readonly attempts: number;
  readonly until_ms: number;
}

export type Turn =
  | { readonly allowed: true; readonly next: Counter }
  | { readonly allowed: false; readonly wait_ms: number };

/** Whether one more attempt may be made now, and what is to be remembered of it. Pure. */
export function turnOf(counter: Counter | undefined, type: CounterType, now_ms: number): Turn {
  if (counter !== undefined && now_ms < counter.until_ms) {
    return { allowed: false, wait_ms: counter.until_ms - now_ms };
  }
  const attempts = (counter?.attempts ?? 0) + 1;
  const past = attempts - FREE_ATTEMPTS[type];
  // 2 ** 10 first waits are past the longest already.
  const wait_ms = past < 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** Math.min(past, 10), WAIT_MAX_MS);
  return { allowed: true, next: { attempts, until_ms: now_ms + wait_ms } };
}

export interface Attempts {
  /** Counts an attempt under every name. Gives 0, or how many milliseconds to wait. */
  begin(realm: RealmId, names: readonly CounterName[]): Promise<number>;
  /** It was the right person: forgets what was counted under this name. */
  forget(realm: RealmId, name: CounterName): Promise<void>;
  /** Takes back the one attempt: under this name others may have failed, and go on counting. */
  takeBack(realm: RealmId, name: CounterName): Promise<void>;
}

const idOf = ({ type, of }: CounterName): string =>
  `${type}-${createHash('sha256').update(of).digest('base64url')}`;

export function openAttempts(records: SealedRecords, clock: Pick<Clock, 'now'>): Attempts {
  const recordOf = (id: string, { attempts, until_ms }: Counter) => ({
    id,
    value: { attempts, until_ms } satisfies Counter,
    expires_ms: Math.max(clock.now(), until_ms) + FORGOTTEN_AFTER_MS,
  });

  async function count(realm: RealmId, name: CounterName): Promise<number> {
    const id = idOf(name);
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const found = await records.get(realm, COLLECTION, id);
      const turn = turnOf(found?.value as Counter | undefined, name.type, clock.now());
      if (!turn.allowed) return turn.wait_ms;
      const record = recordOf(id, turn.next);
      const counted =
        found === undefined
          ? await records.add(realm, COLLECTION, record)
          : await records.replace(realm, COLLECTION, found.version, record);
      if (counted) return 0;
    }
    return FIRST_WAIT_MS;
  }

  return {
    async begin(realm, names) {
      // All of them, whatever the first says: how long it takes tells nothing of who was named.
      let wait_ms = 0;
      for (const name of names) {
        const found = await records.get(realm, COLLECTION, idOf(name));
        const turn = turnOf(found?.value as Counter | undefined, name.type, clock.now());
        if (!turn.allowed) wait_ms = Math.max(wait_ms, turn.wait_ms);
      }
      if (wait_ms > 0) return wait_ms;
      for (const name of names) wait_ms = Math.max(wait_ms, await count(realm, name));
      return wait_ms;
    },
    async forget(realm, name) {
      await records.delete(realm, COLLECTION, idOf(name));
    },
    async takeBack(realm, name) {
      const id = idOf(name);
      for (let round = 0; round < ROUNDS_MAX; round++) {
        const found = await records.get(realm, COLLECTION, id);
        if (found === undefined) return;
        const { attempts } = found.value as Counter;
        const record = recordOf(id, { attempts: Math.max(0, attempts - 1), until_ms: 0 });
        if (await records.replace(realm, COLLECTION, found.version, record)) return;
      }
    },
  };
}
