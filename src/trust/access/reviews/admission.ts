/** What an AccessReview must be to be taken in: with a time that is one. */
import { invalid } from '#kernel/errors.ts';
import type { Admission } from '#kernel/kind.ts';
import { isTime } from '../guardrail-admission.ts';
import { AccessReview, type AccessReviewObject } from './access-review.ts';

export const reviewAdmission: Admission = ({ kind, operation, object }) => {
  if (kind.resource !== AccessReview.resource || operation !== 'create') return;
  const { metadata, spec } = object as AccessReviewObject;
  if (spec.due === undefined || isTime(spec.due)) return;
  throw invalid({ group: kind.group, kind: kind.kind, name: metadata.name }, [
    {
      reason: 'FieldValueInvalid',
      field: 'spec.due',
      message: `"${spec.due}" is no time; write it as 2026-12-31T18:00:00Z`,
    },
  ]);
};
