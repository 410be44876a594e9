/** What a review finds and what it comes to. Pure functions over a view and its items. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Actor } from '#kernel/access.ts';
import { conflict, forbidden, invalid, type StatusError } from '#kernel/errors.ts';
import type { RealmView } from '#kernel/realm.ts';
import { isSubject, type Subject, subjectText } from '../grants.ts';
import { principalsIn } from '../principals.ts';
import { RoleBinding } from '../role-binding.ts';
import {
  AccessReview,
  type AccessReviewObject,
  type DecideRequest,
  ITEMS_MAX,
  itemSubject,
  type ReviewItem,
} from './access-review.ts';

/** Members of a group that an item names. */
const MEMBERS_MAX = 50;

/** Who holds what now, in the scope of a review. */
export function snapshot(
  view: RealmView,
  { spec }: Pick<AccessReviewObject, 'spec'>,
): { items: ReviewItem[]; incomplete: boolean } {
  const people = [...principalsIn(view)];
  const items: ReviewItem[] = [];
  for (const { metadata, spec: binding } of view.list(RoleBinding)) {
    if (metadata.deletionTimestamp !== undefined) continue;
    if (spec.project !== undefined && binding.project !== spec.project) continue;
    for (const subject of binding.subjects) {
      if ((subject.kind === 'ServiceAccount') !== (spec.of === 'service-accounts')) continue;
      const members =
        subject.kind === 'Group'
          ? [...new Set(people.filter((one) => isSubject(subject as Subject, one)).map(({ user }) => user))]
          : [];
      items.push({
        binding: metadata.name,
        bindingUid: metadata.uid,
        role: binding.role,
        ...(binding.project === undefined ? {} : { project: binding.project }),
        subject,
        ...(members.length > 0 ? { members: members.slice(0, MEMBERS_MAX) } : {}),
      });
    }
  }
  return { items: items.slice(0, ITEMS_MAX), incomplete: items.length > ITEMS_MAX };
}

const about = (review: AccessReviewObject) => ({
  group: AccessReview.group,
  kind: AccessReview.plural,
  name: review.metadata.name,
});

/** The items of a review that is open. Throws 409 for one that is not yet, or no longer. */
export function openItems(review: AccessReviewObject): readonly ReviewItem[] {
  const { items, outcome } = review.status ?? {};
  if (outcome) throw conflict(about(review), 'it is completed; the next one is for what has changed since');
  if (!items)
    throw conflict(
      about(review),
      `it is not open yet; see kubectl describe accessreview ${review.metadata.name}`,
    );
  return items;
}

const isAbout = (item: ReviewItem, { binding, subject }: DecideRequest['decisions'][number]) =>
  item.binding === binding && (subject === undefined || itemSubject(item) === subject);

function unknown(review: AccessReviewObject, field: string, message: string): StatusError {
  return invalid({ group: AccessReview.group, kind: AccessReview.kind, name: review.metadata.name }, [
    { reason: 'FieldValueInvalid', field, message },
  ]);
}

/** The items with somebody's decisions. Nobody keeps their own rights: that is for another to say. */
export function decide(
  review: AccessReviewObject,
  { decisions }: DecideRequest,
  actor: Actor,
  now: string,
): ReviewItem[] {
  const items = [...openItems(review)];
  const self = { user: actor.name, groups: actor.groups };
  decisions.forEach((one, index) => {
    const found = items.flatMap((item, at) => (isAbout(item, one) ? [at] : []));
    if (found.length === 0) {
      throw unknown(
        review,
        `decisions[${index}]`,
        `no right by RoleBinding "${one.binding}"${one.subject === undefined ? '' : ` of ${one.subject}`} is in this review`,
      );
    }
    for (const at of found) {
      const item = items[at] as ReviewItem;
      if (one.decision === 'keep' && isSubject(item.subject as Subject, self)) {
        throw forbidden(
          about(review),
          `role ${item.role} of ${subjectText(item.subject as Subject)} is your own, so somebody else must say that it stays`,
        );
      }
      const { note: _note, ...rest } = item;
      items[at] = {
        ...rest,
        decision: one.decision,
        ...(one.note === undefined ? {} : { note: one.note }),
        decidedBy: actor.name,
        decidedAt: now,
      };
    }
  });
  return items;
}

/** SHA-256 of what was decided, for whoever compares it later. */
export function digestOf(review: AccessReviewObject, items: readonly ReviewItem[]): string {
  const decided = items.map(({ revoked: _revoked, ...item }) => item);
  const text = canonicalize({
    review: review.metadata.name,
    uid: review.metadata.uid,
    spec: review.spec,
    items: decided,
  });
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex');
}
