/** Whether a session still counts, as of a view: it is there, it has not ended, and whoever it is of may still act. Pure. */
import type { Entry, RealmView } from '#kernel/realm.ts';
import type { People, Person } from '../sign-in.ts';
import { Session, type SessionObject } from './session.ts';

export interface LiveSession {
  readonly uid: string;
  readonly spec: SessionObject['spec'];
  readonly expires_ms: number;
  readonly person: Person;
}

/** What was read of a session, as long as the store keeps that state of it; undefined for one that is being deleted. */
const read = new WeakMap<Entry, Omit<LiveSession, 'person'> | 'ending'>();

function readSession(entry: Entry): Omit<LiveSession, 'person'> | 'ending' {
  const known = read.get(entry);
  if (known) return known;
  const { metadata, spec } = entry.object() as SessionObject;
  const session =
    metadata.deletionTimestamp === undefined
      ? { uid: metadata.uid, spec, expires_ms: Date.parse(spec.expiresAt) }
      : 'ending';
  read.set(entry, session);
  return session;
}

/** Undefined when it is gone, ended, or its person is gone or disabled. */
export function liveSession(
  view: RealmView,
  people: People,
  sessionUid: string,
  now_ms: number,
): LiveSession | undefined {
  const found = view.byUid(sessionUid);
  if (found?.kind.resource !== Session.resource) return undefined;
  const session = readSession(found.entry);
  if (session === 'ending' || session.expires_ms <= now_ms) return undefined;
  const person = people.find(view, session.spec.userUid);
  return person && { ...session, person };
}
