/**
 * Deletes events that nobody repeated for an hour. Only a sweep: one timer per event would be more than they are worth.
 */
import type { Controller } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Entry } from '#kernel/realm.ts';
import { EVENT_LIFETIME_ms, Event, lastSeen } from './event.ts';

/** Deleted in one sweep and realm; the next sweep goes on. */
const SWEEP_MAX = 1_000;

export const eventExpiry: Controller = {
  name: 'event-expiry',
  realms: ['region', 'organization'],
  kind: Event,
  async reconcile() {
    return undefined;
  },
  // There is no engine: where there are no events there is nothing to find.
  holders: async () => [],
  async sweep({ realm, change, clock, signal }) {
    const expired: Entry[] = [];
    for (const entry of realm.view.entries(Event)) {
      if (expired.length >= SWEEP_MAX) break;
      if (isExpired(entry, clock.now())) expired.push(entry);
    }
    await Promise.all(
      expired.map(async ({ namespace, name, uid }) => {
        signal.throwIfAborted();
        const key = { name, ...(namespace === undefined ? {} : { namespace }) };
        try {
          await realm.resources.delete(Event, key, change, { preconditions: { uid } });
        } catch (error) {
          if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
        }
      }),
    );
  },
};

// An event whose times cannot be read was not written by anything of ours: it expires by when it was made.
function isExpired(entry: Entry, now_ms: number): boolean {
  const object = entry.object();
  const seen_ms = Date.parse(lastSeen(object));
  const time_ms = Number.isNaN(seen_ms) ? Date.parse(object.metadata.creationTimestamp) : seen_ms;
  return time_ms + EVENT_LIFETIME_ms <= now_ms;
}
