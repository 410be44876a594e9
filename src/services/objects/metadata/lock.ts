/** S3's object lock: what it keeps from being removed, and how it may be changed. Pure. */
import type { Lock } from './store.ts';

/** Whether a version with that lock must stay. */
export function isKept(lock: Lock, now_ms: number, passGovernance: boolean): boolean {
  if (lock.legalHold === true) return true;
  if (lock.mode === undefined || (lock.retainUntil_ms ?? 0) <= now_ms) return false;
  return lock.mode === 'COMPLIANCE' || !passGovernance;
}

/** Whether retention may become another: longer and stricter always, otherwise only what has ended, or governance by who may pass it. */
export function mayBecome(lock: Lock, wanted: Lock, now_ms: number, passGovernance: boolean): boolean {
  const until = lock.retainUntil_ms ?? 0;
  if (lock.mode === undefined || until <= now_ms) return true;
  const isLonger = (wanted.retainUntil_ms ?? 0) >= until;
  if (lock.mode === 'COMPLIANCE') return wanted.mode === 'COMPLIANCE' && isLonger;
  return passGovernance || (wanted.mode !== undefined && isLonger);
}
