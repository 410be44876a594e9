/** What keeps something from being proven. The code is what a page has words for; the message says exactly what, in the words of the log. */

export type ProofProblem =
  | 'key'
  | 'key-changed'
  | 'note'
  | 'unknown-key'
  | 'signature'
  | 'tile'
  | 'missing'
  | 'not-signed-yet'
  | 'not-included'
  | 'leaf'
  | 'other-object'
  | 'record'
  | 'body'
  | 'rolled-back'
  | 'rewritten';

export class ProofError extends Error {
  readonly problem: ProofProblem;

  constructor(problem: ProofProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}
