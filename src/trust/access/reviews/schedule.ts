/** When a review opens, when it is due, and when the next one is. Pure. */
import { rfc3339 } from '#kernel/clock.ts';
import type { AccessReviewObject } from './access-review.ts';

const DAY_MS = 24 * 3_600_000;
/** SecNumCloud 9.4.c: rights of technical accounts at least every quarter; 9.4.a: all others at least every year. */
const INTERVAL_DAYS = { people: 365, 'service-accounts': 91 } as const;
/** How long before it is due a review opens, and how long one has that says nothing of it. */
const OPEN_DAYS = 30;

export interface Schedule {
  readonly opens_ms: number;
  readonly due_ms: number;
}

export function scheduleOf({ metadata, spec }: AccessReviewObject): Schedule {
  const made_ms = Date.parse(metadata.creationTimestamp);
  const due_ms = spec.due === undefined ? made_ms + OPEN_DAYS * DAY_MS : Date.parse(spec.due);
  return { due_ms, opens_ms: Math.max(made_ms, due_ms - OPEN_DAYS * DAY_MS) };
}

const DATED = /-\d{8}$/;

/** The review that follows one that was completed: its name and when it is due. */
export function nextOf(
  { metadata, spec }: AccessReviewObject,
  completed_ms: number,
): { name: string; due: string } {
  const due = rfc3339(completed_ms + INTERVAL_DAYS[spec.of] * DAY_MS);
  return { name: `${metadata.name.replace(DATED, '')}-${due.slice(0, 10).replaceAll('-', '')}`, due };
}
