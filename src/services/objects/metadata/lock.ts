/** S3's object lock: what it keeps from being removed, and how it may be changed. Pure. */
import type { Lock, LockChange } from './store.ts';

/** Whether a version with that lock must stay. */
export function isKept(lock: Lock, now_ms: number, passGovernance: boolean): boolean {
  if (lock.legalHold === true) return true;
  if (lock.mode === undefined || (lock.retainUntil_ms ?? 0) <= now_ms) return false;
  return lock.mode === 'COMPLIANCE' || !passGovernance;
}

/** What a lock becomes; undefined where it may not: retention becomes longer and stricter always, otherwise only what has ended, or governance by who may pass it. */
export function changed(
  lock: Lock,
  change: LockChange,
  now_ms: number,
  passGovernance: boolean,
): Lock | undefined {
  if ('legalHold' in change) return { ...lock, legalHold: change.legalHold };
  const { legalHold } = lock;
  const wanted: Lock = { ...change.retention, ...(legalHold === undefined ? {} : { legalHold }) };
  return mayBecome(lock, wanted, now_ms, passGovernance) ? wanted : undefined;
}

function mayBecome(lock: Lock, wanted: Lock, now_ms: number, passGovernance: boolean): boolean {
  const until = lock.retainUntil_ms ?? 0;
  if (lock.mode === undefined || until <= now_ms) return true;
  const isLonger = (wanted.retainUntil_ms ?? 0) >= until;
  if (lock.mode === 'COMPLIANCE') return wanted.mode === 'COMPLIANCE' && isLonger;
  return passGovernance || (wanted.mode !== undefined && isLonger);
}
