/** Full verification of a ledger of 1,000,000 leaves, as an auditor does it from a copy, beside hashing alone. */
import { createHash } from 'node:crypto';
import { encodeAll, logFiles, memorySource, testLeaves, testSigner, vkeyOf } from '#trust/ledger/test-log.ts';
import { verifyLog } from '#trust/ledger/verify.ts';
import type { Measure } from './context.ts';

const VERIFY_MS_MAX = 5_000;

export const ledger: Measure = {
  summary: 'full verification of a ledger of 1,000,000 leaves',
  async run({ quick, say }) {
    const leaves = quick ? 100_000 : 1_000_000;
    const signer = testSigner();
    const entries = encodeAll(testLeaves(signer, leaves));
    const bytes = entries.reduce((sum, entry) => sum + entry.length, 0);
    say(`${leaves} leaves of ${Math.round(bytes / leaves)} bytes`);
    const hash_ms = timed(() => {
      for (const entry of entries) createHash('sha256').update(entry).digest();
    });
    const files = logFiles(signer, entries, [Math.floor(leaves / 2)]);
    const started = performance.now();
    const report = await verifyLog(memorySource(files), vkeyOf(signer));
    const verify_ms = performance.now() - started;
    if (report.problemCount > 0 || report.verifiedLeaves !== leaves)
      throw new Error(JSON.stringify(report.problems));
    return {
      name: 'ledger',
      rows: [
        {
          what: `full verification of ${leaves} leaves`,
          value: verify_ms,
          unit: 'ms',
          target: { atMost: quick ? VERIFY_MS_MAX / 10 : VERIFY_MS_MAX },
          peer: { what: 'SHA-256 of the leaves alone, one thread', value: hash_ms },
          note: `${Math.round((leaves / verify_ms) * 1000).toLocaleString('en')} leaves/s; each leaf parsed, checked and hashed, each tile and checkpoint compared`,
        },
      ],
    };
  },
};

function timed(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}
