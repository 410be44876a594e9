/**
 * Questions that a service answers: kinds with `review`, created and never stored, as `SubjectAccessReview` is. Whoever may create one may ask.
 */
import type { Actor } from './access.ts';
import type { RealmId } from './realm-id.ts';

export interface ReviewRequest {
  readonly realm: RealmId;
  /** Who asks. */
  readonly actor: Actor;
  /** The project, of a kind that belongs to one. */
  readonly namespace?: string;
  /** Fits the kind's `spec`, with its defaults. */
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface Reviewer {
  /** Gives the answer's `status`. Throws a StatusError. */
  answer(request: ReviewRequest): Promise<Readonly<Record<string, unknown>>>;
}
