/**
 * What is wrong with advisory data, an inventory or a policy: always the input, the entry and the field, what is there and what would be
 * right. Nothing of an input that is refused is used.
 */

export type AdvisoryProblem = 'Malformed' | 'Invalid' | 'TooLarge' | 'Unsupported' | 'Damaged' | 'Missing';

export class AdvisoryError extends Error {
  readonly code: AdvisoryProblem;

  constructor(code: AdvisoryProblem, message: string) {
    super(message);
    this.name = 'AdvisoryError';
    this.code = code;
  }
}

/** Where in an input something was found. */
export interface Place {
  /** The file or the kind of data: `debian-tracker`. */
  readonly source: string;
  /** The entry: `openssl CVE-0000-1234`. */
  readonly entry: string;
}

const SHOWN_MAX = 60;

/** A value for an error message: short, and never a control character. */
export const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
};

export function invalid({ source, entry }: Place, field: string, problem: string): AdvisoryError {
  return new AdvisoryError('Invalid', `${source}: ${entry}: ${field} ${problem}`);
}
