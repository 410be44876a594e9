/** Everything that is looked for in text; what a policy turned off is not. */
import type { Detector } from './detector.ts';
import type { Action, RuleName } from './finding.ts';
import { PERSONAL } from './personal.ts';
import { SECRETS } from './secrets.ts';

export const DETECTORS: readonly Detector[] = [...SECRETS, ...PERSONAL];

/** A word that marks a document as of some label: as a word, in whichever case. */
const markingOf = (marking: string, label: string): Detector => ({
  rule: 'label',
  what: `marked as ${label}`,
  pattern: new RegExp(`(?<![A-Za-z0-9])${RegExp.escape(marking)}(?![A-Za-z0-9])`, 'gi'),
});

/** `above`: markings of labels that must not leave, by label. */
export function detectorsFor(
  actionOf: (rule: RuleName) => Action,
  above: ReadonlyMap<string, readonly string[]>,
): readonly Detector[] {
  const markings = [...above].flatMap(([label, words]) => words.map((word) => markingOf(word, label)));
  return [...DETECTORS, ...markings].filter(({ rule }) => actionOf(rule) !== 'off');
}
