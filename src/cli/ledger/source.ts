/** A realm's log over its API, as the verifier reads it. */
import { ANSWER_BYTES_MAX, type TileSource } from '#trust/ledger/source.ts';
import type { ApiClient } from '../resources/client.ts';
import { CliError, isNotFound } from '../resources/errors.ts';

export const LOG_NAMES = ['changes', 'access'] as const;
export type LedgerName = (typeof LOG_NAMES)[number];

export function ledgerSource(client: ApiClient, log: LedgerName): TileSource {
  return {
    async read(path) {
      try {
        const { body } = await client.send({ path: `/ledger/${log}/${path}`, accept: '*/*' });
        // The list of checkpoints is the one answer that may grow longer than a bundle.
        if (path !== 'checkpoints' && body.length > ANSWER_BYTES_MAX)
          throw new CliError(`${path} is too long to be right`);
        return body;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
  };
}
