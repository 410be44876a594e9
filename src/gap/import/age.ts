/** What becomes of a bundle that is past its expiry, or older than the operator wants: refused, or brought before people with a remark. */
import { type Static, Type } from 'typebox';

export const DAYS_MAX = 36_500;

export const AGE_POLICY = Type.Object(
  {
    expired: Type.Optional(
      Type.Union([Type.Literal('refuse'), Type.Literal('remark')], {
        default: 'remark',
        description: 'What becomes of a bundle past its own expiry, or past days.',
      }),
    ),
    days: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: DAYS_MAX,
        description:
          'Older than this counts as expired, whatever the bundle says. Absent: only what it says.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type ImportAge = Static<typeof AGE_POLICY>;
