/**
 * What a detector is. Its pattern takes time in proportion to the text, whatever the text is: every repetition in it is bounded, none holds another that could share its
 * characters, and where one begins with a long run the character before it is looked at (`detectors.test.ts` holds each against this).
 */
import type { RuleName } from './finding.ts';

/** No detector looks at more characters at once; also what is kept from one chunk of text to the next. */
export const MATCH_MAX = 1_024;

export interface Detector {
  readonly rule: RuleName;
  /** What it finds, in words. */
  readonly what: string;
  /** Global. Over text in which each character is a byte: what is beyond ASCII counts as no letter. */
  readonly pattern: RegExp;
  /** Texts of which one is in every match: where none is in a chunk the pattern is not tried. */
  readonly hints?: readonly string[];
  /** How many characters of a match are one, or undefined when none are. Absent: all of them. Pure. */
  readonly accepts?: (match: string) => number | undefined;
}
