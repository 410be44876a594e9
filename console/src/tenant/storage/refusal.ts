/** Why S3 refused something, in the person's language where it is common; else in the region's own words. Pure. */
import { ApiError } from '../../api/client.ts';
import { problemText } from '../../shell/problem.tsx';
import type { TextId } from '../../texts/en.ts';
import type { Say } from '../../texts/texts.ts';

/** By S3's code. */
const WORDS: Readonly<Record<string, TextId>> = {
  InsufficientStorage: 'storage.refused.full',
  KeyTooLongError: 'storage.refused.long',
  MetadataTooLarge: 'storage.refused.metadata',
  NoSuchKey: 'storage.refused.gone',
  NoSuchVersion: 'storage.refused.gone',
  PreconditionFailed: 'storage.refused.changed',
  QuotaExceeded: 'storage.refused.quota',
};

/** What is asked for by its head alone is refused without a word. */
const WITHOUT_WORDS: Readonly<Record<number, TextId>> = {
  403: 'storage.refused.forbidden',
  404: 'storage.refused.gone',
};

export function refusalText(error: unknown, say: Say): string {
  const word =
    error instanceof ApiError
      ? error.status.reason === undefined
        ? WITHOUT_WORDS[error.code]
        : WORDS[error.status.reason]
      : undefined;
  return word === undefined ? problemText(error, say) : say(word);
}
