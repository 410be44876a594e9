/** The log's signatures and hashes as whoever keeps a key is given them, who may not read the log itself. Believes none of it. */
import { ApiError, askJson } from '../../api/client.ts';
import { fromBase64 } from '../../ledger/bytes.ts';
import { ProofError } from '../../ledger/problem.ts';
import type { LogSource } from '../../ledger/proof.ts';

/** `usage`: the address of the key's usage. */
export const usageSource = (usage: string): LogSource => ({
  async read(part) {
    try {
      const { bytes } = await askJson<{ readonly bytes: string }>(
        `${usage}?proof=${encodeURIComponent(part)}`,
      );
      const read = fromBase64(bytes);
      if (read === undefined) throw new ProofError('tile', `${part} is no base64`);
      return read;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  },
});
