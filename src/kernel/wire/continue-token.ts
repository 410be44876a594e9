/**
 * The opaque token that resumes a list: the revision of its first page and the last object already given.
 * It grants nothing: every page is authorized like the first.
 */
import { badRequest } from '../errors.ts';
import { CONTINUE_TOKEN_LENGTH_MAX } from './limits.ts';

export interface ContinueToken {
  /** -1: any revision will do (the way on after the list's own revision was too old). */
  readonly revision: number;
  readonly namespace: string;
  readonly name: string;
}

export function encodeContinue({ revision, namespace, name }: ContinueToken): string {
  return Buffer.from(JSON.stringify([1, revision, namespace, name])).toString('base64url');
}

/** Throws 400 for anything that this server did not make. */
export function decodeContinue(text: string): ContinueToken {
  if (text.length <= CONTINUE_TOKEN_LENGTH_MAX) {
    try {
      const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
      if (Array.isArray(value) && value.length === 4) {
        const [version, revision, namespace, name] = value as unknown[];
        if (
          version === 1 &&
          Number.isSafeInteger(revision) &&
          (revision as number) >= -1 &&
          typeof namespace === 'string' &&
          typeof name === 'string'
        ) {
          return { revision: revision as number, namespace, name };
        }
      }
    } catch {
      // Falls through to the one answer that every bad token gets.
    }
  }
  throw badRequest('continue: the token is not one that this server gave; start the list again without it');
}
