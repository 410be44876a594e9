/**
 * Looks for everything that detectors know in text that arrives in chunks: what lies across a border is found as if there were none. Memory is one chunk and `MATCH_MAX`
 * characters before and after it. Each character of the text is a byte, so that offsets are bytes; of UTF-16 it is the unit, and `stride` is 2.
 */
import { type Detector, MATCH_MAX } from './detector.ts';
import { type Finding, masked } from './finding.ts';

/** What a pattern may look at before a match. */
const BEHIND = 1;

export interface Place {
  /** As in `Finding.file`. */
  readonly file: string;
  /** Bytes for each character. Default 1. */
  readonly stride?: number;
  /** The byte at which the text begins. Default 0. */
  readonly start?: number;
  /** False: offsets are told, lines are not. */
  readonly lines?: boolean;
}

interface Match {
  readonly at: number;
  readonly match: string;
  readonly detector: Detector;
}

export class TextScanner {
  readonly #detectors: readonly Detector[];
  readonly #place: Place;
  readonly #report: (finding: Finding) => void;
  /** What is kept of the text so far: a character that was decided on, then those that were not. */
  #kept = '';
  /** Of `#kept`, characters that were decided on. */
  #done = 0;
  /** Characters before `#kept`. */
  #before = 0;
  /** Line in which `#kept` begins. */
  #line = 1;
  /** Where the last match of a detector ended, in characters of the whole text. */
  readonly #ends: number[];

  constructor(detectors: readonly Detector[], place: Place, report: (finding: Finding) => void) {
    this.#detectors = detectors;
    this.#place = place;
    this.#report = report;
    this.#ends = detectors.map(() => 0);
  }

  push(text: string): void {
    this.#look(this.#kept + text, false);
  }

  end(): void {
    this.#look(this.#kept, true);
  }

  #look(text: string, last: boolean): void {
    const undecided = last ? text.length : text.length - MATCH_MAX;
    if (undecided <= this.#done) {
      this.#kept = text;
      return;
    }
    const found: Match[] = [];
    for (const [index, detector] of this.#detectors.entries()) {
      if (detector.hints !== undefined && !detector.hints.some((hint) => text.includes(hint))) continue;
      const { pattern } = detector;
      pattern.lastIndex = Math.max(this.#done, (this.#ends[index] ?? 0) - this.#before);
      for (;;) {
        const match = pattern.exec(text);
        if (match === null || match.index >= undecided) break;
        const length = detector.accepts ? detector.accepts(match[0]) : match[0].length;
        if (length === undefined) {
          pattern.lastIndex = match.index + 1;
          continue;
        }
        found.push({ at: match.index, match: match[0].slice(0, length), detector });
        pattern.lastIndex = match.index + Math.max(length, 1);
        this.#ends[index] = this.#before + pattern.lastIndex;
      }
    }
    this.#tell(text, found);
    this.#keep(text, undecided);
  }

  #tell(text: string, found: Match[]): void {
    const { file, stride = 1, start = 0, lines = true } = this.#place;
    let line = this.#line;
    let counted = 0;
    for (const { at, match, detector } of onlyTelling(found.sort((a, b) => a.at - b.at))) {
      if (lines) line += newlines(text, counted, at);
      counted = at;
      this.#report({
        rule: detector.rule,
        file,
        what: detector.what,
        ...(lines ? { line } : {}),
        offset: start + (this.#before + at) * stride,
        excerpt: masked(match),
      });
    }
  }

  #keep(text: string, undecided: number): void {
    const from = Math.max(0, undecided - BEHIND);
    this.#line += newlines(text, 0, from);
    this.#before += from;
    this.#done = undecided - from;
    this.#kept = text.slice(from);
  }
}

/** What looks random is not told of what is known to be a secret. */
const onlyTelling = (found: readonly Match[]): readonly Match[] =>
  found.filter(
    (one) =>
      one.detector.rule !== 'high-entropy' ||
      !found.some(
        ({ at, match, detector }) =>
          detector.rule !== 'high-entropy' && at < one.at + one.match.length && one.at < at + match.length,
      ),
  );

function newlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
