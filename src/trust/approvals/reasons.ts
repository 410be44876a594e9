/** Why something out of the ordinary is asked for, as a word that statistics and policies can go by. */
import { Type } from 'typebox';
import { oneOf } from '#kernel/kind-parts.ts';

export const REASON_CODES = [
  'tenant-request',
  'support',
  'repair',
  'security-incident',
  'legal-order',
  'end-of-use',
  'other',
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

export const REASON_LENGTH_MAX = 1_000;
export const NOTE_LENGTH_MAX = 256;

export const REASON_CODE = oneOf(REASON_CODES, {
  description:
    'Why, in a word: tenant-request, support, repair, security-incident, legal-order, end-of-use or other.',
});

export const REASON = Type.String({
  minLength: 1,
  maxLength: REASON_LENGTH_MAX,
  description: 'Why, in a sentence that whoever approves can judge: a ticket, an order, what is broken.',
});
